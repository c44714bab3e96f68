# Airflow with this provider. The same two installs as the Makefile: the lock, then the project alone.
FROM python:3.11.14-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
WORKDIR /src
COPY requirements-pip.lock requirements.lock ./
RUN /opt/venv/bin/python -m pip install --require-hashes -r requirements-pip.lock \
 && /opt/venv/bin/python -m pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY tencent_dts tencent_dts
RUN /opt/venv/bin/python -m pip install --no-deps --no-build-isolation .

FROM python:3.11.14-slim-bookworm AS airflow
# Folders that named volumes are mounted on take their owner from here.
RUN useradd --uid 50000 --create-home --home-dir /opt/airflow airflow \
 && mkdir --parents /opt/airflow/dags /opt/airflow/logs /opt/airflow/auth /opt/airflow/no-plugins /opt/emulator \
 && chown --recursive airflow:airflow /opt/airflow /opt/emulator
# Airflow writes a file of its settings where it finds none, secrets of the environment included; here it cannot write.
RUN echo '# All settings come from the environment.' > /opt/airflow/airflow.cfg
COPY --from=build /opt/venv /opt/venv
COPY --chown=airflow:airflow dags /opt/airflow/dags
COPY --chown=airflow:airflow migrations /opt/airflow/migrations
# The plugin comes with the package, by its entry point; a plugins folder of ours would load it twice.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/airflow/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/airflow/no-plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False
USER 50000
WORKDIR /opt/airflow
CMD ["airflow", "version"]

# The emulator between real servers: it copies with their own client programs.
FROM airflow AS rehearsal
USER root
RUN apt-get update \
 && apt-get install --yes --no-install-recommends mariadb-client postgresql-client \
 && rm -rf /var/lib/apt/lists/*
USER 50000

# What is built where nothing else is asked for.
FROM airflow
