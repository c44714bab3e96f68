"""Each area's plan as data, and the requests made of it; a module for each, beside what they share.

A plan holds no secret: the databases are named by their Airflow connections, which are read when a
request is sent. It is JSON, so that it can travel as an XCom.
"""
