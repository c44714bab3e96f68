"""The Airflow plugin: the *DTS* tab of a DAG run."""
