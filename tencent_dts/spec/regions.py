"""The regions that the documents of DTS name: one list for the client, the forms and the emulator.

API document: "Common Params" (Region), and the regions in the examples of DescribeSyncJobs and CreateSyncJob.
"""

from __future__ import annotations

REGIONS = (
    "ap-guangzhou",
    "ap-shanghai",
    "ap-nanjing",
    "ap-beijing",
    "ap-chengdu",
    "ap-chongqing",
    "ap-hongkong",
    "ap-singapore",
    "ap-jakarta",
    "ap-bangkok",
    "ap-mumbai",
    "ap-seoul",
    "ap-tokyo",
    "ap-taipei",
    "ap-qingyuan",
    "ap-shenzhen",
    "ap-beijing-fsi",
    "ap-shanghai-fsi",
    "ap-shenzhen-fsi",
    "na-ashburn",
    "na-siliconvalley",
    "na-toronto",
    "sa-saopaulo",
    "eu-frankfurt",
    "eu-moscow",
)
