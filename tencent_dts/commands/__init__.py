"""The command line: ``airflow tencent-dts``."""
