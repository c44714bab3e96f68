"""What operators and sensors are built from; nothing here stands in a DAG by itself."""
