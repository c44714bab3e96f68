"""Where the console of the cloud shows a job."""

from __future__ import annotations

from urllib.parse import urlencode


def console_url(job_id: str, region: str, endpoint: str, page: str = "migration") -> str:
    """The console's page of a job, on the site that the endpoint belongs to.

    :param page: of the kind of job: ``migration``, ``replication`` (sync) or ``subscribe``.
    """
    site = "console.tencentcloud.com" if ".intl." in endpoint else "console.cloud.tencent.com"
    return f"https://{site}/dts/{page}?{urlencode({'region': region, 'jobId': job_id})}"
