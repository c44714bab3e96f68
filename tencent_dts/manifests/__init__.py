"""Runs kept in Git: each YAML file of a folder becomes a scheduled DAG.

A manifest is a trigger form as a file: ``migration``, ``sync``, ``migration_2018`` or ``subscription`` holds the
form's parameters, the rest says when it runs and whose it is. A bad file becomes a DAG ``invalid__<file>`` whose
one task fails with all that is wrong with it, line by line; the other files load.
"""

from tencent_dts.manifests.check import Manifest, read_manifest
from tencent_dts.manifests.dags import load_manifest, manifest_dags, manifest_files
from tencent_dts.manifests.document import InvalidManifest

__all__ = ["InvalidManifest", "Manifest", "load_manifest", "manifest_dags", "manifest_files", "read_manifest"]
