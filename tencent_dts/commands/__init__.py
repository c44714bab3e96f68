"""The command line: ``dts-airflow``."""
