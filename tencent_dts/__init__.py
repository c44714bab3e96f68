"""Tencent Cloud Data Transfer Service (DTS) for Apache Airflow."""

__version__ = "0.1.0"
