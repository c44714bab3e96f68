"""What the server itself does like the real service, and what not; docs/emulator.md is made from it."""

from __future__ import annotations

from tencent_dts.emulator.http.journal import KEPT, NOT_EXECUTED
from tencent_dts.emulator.http.wire import MAX_DEPTH, MAX_VALUES
from tencent_dts.emulator.world.kernel import Fidelity

NOTES: tuple[tuple[Fidelity, str], ...] = (
    (
        "documented",
        "TC3-HMAC-SHA256 is verified for JSON POST and for GET over the headers as sent; values may be signed as they "
        "are, as the SDKs do, or in lower case, as the document says.",
    ),
    (
        "observed",
        "Every official SDK family is accepted with an endpoint such as `127.0.0.1:8021`. Python and Go sign for the "
        "service `dts`; Java, PHP, .NET, C++ and Ruby for what stands before the first dot of the endpoint (`127`); "
        "Node.js does so too, and signs the host without its port. Below tencentcloudapi.com only `dts` will do. "
        "White space around a signature is ignored, as Ruby's HmacSHA1 and HmacSHA256 end in a newline.",
    ),
    ("documented", "A timestamp over five minutes off is AuthFailure.SignatureExpire. Real time counts, not virtual."),
    (
        "documented",
        "HmacSHA1 and HmacSHA256 are verified over the parameters of a GET or of a form POST, with the host as sent "
        "or without its port; parameters are dotted and indexed (`TagFilters.0.TagKey`). A form signed otherwise is "
        "refused.",
    ),
    (
        "documented",
        "An error comes with HTTP status 200. A GET may have 32 KB, a POST 10 MB, a form 1 MB.",
    ),
    (
        "observed",
        "The Content-Type of every answer is exactly application/json, and X-TC-Content-SHA256: UNSIGNED-PAYLOAD is "
        "accepted, as the Python SDK needs.",
    ),
    (
        "observed",
        "The asynchronous Python SDK signs a boolean of a GET with HmacSHA1 or HmacSHA256 as `True` and sends `true`: "
        "that is AuthFailure.SignatureFailure, as the documents have the value signed that is sent.",
    ),
    (
        "assumed",
        "A request that a web page of another place made a browser send (`Origin`, `Sec-Fetch-Site`), or whose "
        "Host can belong to anyone on the internet, is UnauthorizedOperation however it is signed. The real service "
        "has no such rule: its keys are secret, the emulator's stand in this page.",
    ),
    ("assumed", "A Nonce must be a positive integer; one that was used before is accepted."),
    (
        "assumed",
        "A request is checked in this order: key, time, signature, token, common parameters, version, action, region, "
        "rate, the form of the parameters, the parameters, the state of the job.",
    ),
    (
        "assumed",
        "A missing or malformed Authorization is AuthFailure.InvalidAuthorization; a SecretId that does not begin "
        "with AKID is AuthFailure.InvalidSecretId, an unknown one AuthFailure.SecretIdNotFound; an action that is not "
        "emulated is InvalidAction; a body that is no JSON is InvalidParameter, one that is multipart InvalidRequest.",
    ),
    (
        "assumed",
        "Of several mistakes in the parameters the code is that of the gravest: unknown name, missing, wrong type, "
        "wrong value. It is the code that the action documents for the kind, or else the nearest it documents, or else "
        "the common one.",
    ),
    ("assumed", "An account is a number made from the SecretId, unless the key names one."),
    (
        "assumed",
        "Each action's published rate holds for one account over any one real second; a refused call does not count.",
    ),
    (
        "assumed",
        f"Integers beyond 64 bits are refused, and so is a body of over {MAX_DEPTH} levels or {MAX_VALUES} values.",
    ),
    (
        "assumed",
        "A request that is sent again within its five minutes is carried out again: Signature v3 has no nonce.",
    ),
    (
        "assumed",
        f"The journal keeps the last {KEPT} calls. The code of a call that a fault cut off before it was carried "
        f"out is {NOT_EXECUTED}. Faults are not kept over a restart; jobs, calls and virtual time are.",
    ),
)
"""How sure we are, and of what."""
