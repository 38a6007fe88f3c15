"""What the environment decides (`LECTURE_*`); no other module reads it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, get_origin
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableValue

from agents.errors import LectureError
from agents.registry import Gemini
from agents.sandbox import Mode
from data.s3_requests import BucketConfig

LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""The only addresses that are served while there are no accounts."""

GIB = 1 << 30
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:.]+\](:\d{1,5})?")
S3_ADDRESS = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?P<prefix>/[\w./-]*)?")
FromZero = Annotated[int, Field(ge=0)]


def count_cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _as_value_error() -> Iterator[None]:
    """Let a LectureError be the message of a setting that cannot be used."""
    try:
        yield
    except LectureError as error:
        raise ValueError(error.message) from error


class Settings(BaseSettings):
    """All settings; each is the environment variable `LECTURE_` plus its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix="LECTURE_",
        env_ignore_empty=True,
        frozen=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )

    state: Path = Path("data/local")
    """Folder that holds everything: store, uploads, results, broker."""
    host: str = "127.0.0.1"
    """Address that the app binds; only loopback while `auth` is `local`."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8501
    """Port of the app; 0 takes a free one."""
    allowed_hosts: tuple[str, ...] = ()
    """Further names under which the app may be asked, beside the loopback names."""
    cors_origins: tuple[str, ...] = ()
    """Origins of other sites whose pages may ask the API with a token, as
    `https://portal.example`; none by default, and never all of them."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."""

    auth: Literal["local", "password", "oidc"] = "local"
    """Who gets in: whoever has the link that is printed at start, people with a password, or
    people whom an OpenID provider knows."""
    local_link: bool = True
    """Whether `auth=local` asks browsers for that link; `lecture demo` does without."""
    public_url: str | None = None
    """Address under which people open the app, as `https://lectures.example`; links that are
    given out begin with it."""
    secret_key: SecretStr | None = None
    """What seals second factors in the store; nothing means a key file in the state folder. Apps
    on several machines need the same."""
    session_idle_s: Annotated[int, Field(ge=60)] = 1_800
    """Seconds without any request after which a session ends."""
    session_s: Annotated[int, Field(ge=60)] = 28_800
    """Seconds after which a session ends in any case."""
    oidc_issuer: str | None = None
    """Address of the OpenID provider, as `https://login.example/realms/uni`."""
    oidc_client_id: str | None = None
    """Name under which the provider knows the app."""
    oidc_client_secret: SecretStr | None = None
    """Secret that goes with it; nothing for a public client."""
    oidc_scopes: str = "openid profile email"
    """What the provider is asked for."""
    oidc_new_role: Literal["viewer", "instructor", "researcher", "none"] = "viewer"
    """Role of people whom the provider sends for the first time; `none` lets in only those whom
    an administrator has made an account for under their e-mail address."""

    smtp_host: str | None = None
    """Server that mails invitations and password links; without one they are shown to be copied.
    `LECTURE_PUBLIC_URL` and `LECTURE_SMTP_FROM` are needed with it."""
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 587
    """Port of the mail server."""
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """How the way to the mail server is sealed; `none` is for one on this machine."""
    smtp_user: str | None = None
    """Name to sign in with at the mail server; nothing if it asks for none."""
    smtp_password: SecretStr | None = None
    """Password that goes with it."""
    smtp_from: str | None = None
    """Address that mail comes from."""

    store_url: str | None = None
    """`postgresql://...`, or nothing for a DuckDB file in the state folder."""
    redis_url: str | None = None
    """An outside Redis or Valkey, or nothing for the embedded one."""
    media: str | None = None
    """`s3://bucket/prefix` for uploads and results, or nothing for folders in the state folder."""
    s3_endpoint_url: str | None = None
    """Another service than Amazon's that speaks S3."""
    s3_region: str | None = None
    """Region of the bucket; nothing leaves it to the AWS settings of this machine."""
    s3_kms_key: str | None = None
    """Key of KMS that objects are encrypted with; nothing means S3's own (AES256)."""
    cloudfront_url: str | None = None
    """`https://...` of the distribution before the bucket; links then lead there."""
    cloudfront_key_id: str | None = None
    """Id of the public key that the distribution trusts."""
    cloudfront_key: Path | None = None
    """PEM file with the private key that links are signed with."""
    link_expiry_s: Annotated[int, Field(ge=60, le=604_800)] = 3_600
    """Seconds that a download link lasts if nothing else is asked for."""
    server_key: SecretStr | None = None
    """Key with which `lecture highlights --server` asks a server that has accounts."""
    workers: Annotated[int, Field(ge=1, le=256)] = max(2, count_cores())
    """Worker processes that `lecture serve` starts."""

    cores: Annotated[int, Field(ge=1, le=256)] = count_cores()
    """Cores that one stage may use."""

    logo: Path | None = None
    """A PNG or JPEG that is shown in the corner of every clip."""
    models: Path | None = None
    """Folder with speech model weights; nothing means the cache of the Hugging Face hub."""
    download_models: bool = True
    """Whether weights may be fetched when there is internet."""
    gemini_api_key: SecretStr | None = None
    """Key of the Gemini API; without one topics are judged on this machine alone."""
    gemini_model: str = "gemini-2.5-flash"
    """Model that is asked."""
    gemini_base_url: str | None = None
    """Another endpoint that speaks the Gemini API."""
    gemini_timeout_s: Annotated[float, Field(gt=0, le=600)] = 60.0
    """Seconds that one call may take."""
    gemini_thinking_tokens: FromZero | None = None
    """Tokens that a request may think with; nothing leaves it to the model."""
    gemini_budget_s: Annotated[float, Field(gt=0, le=3600)] = 60.0
    """Seconds that all calls of a run may take, retries included."""
    gemini_max_tokens: FromZero = 500_000
    """Tokens that a run may use; one that needs more is judged on this machine alone."""
    gemini_max_usd: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.5
    """US dollars that a run may cost, where the price of the model is known."""
    gemini_prices: Path | None = None
    """Table of prices (JSON) instead of the one that is shipped."""
    gemini_prompt: str = "v1"
    """Version of the instructions, or a Markdown file with others."""

    keep_lectures_days: FromZero = 0
    """Days after which a lecture that nobody has touched is deleted; it can still be brought back.
    Here and below 0 keeps things for ever."""
    keep_deleted_days: FromZero = 30
    """Days that a deleted lecture can be brought back; then its recording goes, with all that was
    made of it."""
    keep_failed_days: FromZero = 30
    """Days after which an upload is deleted of which no run has made anything."""
    keep_runs_days: FromZero = 90
    """Days that an earlier run is kept in which nobody has decided anything."""
    keep_exports_days: FromZero = 7
    """Days that reels, podcasts, drafts and other results are kept that no run names."""
    keep_answers_days: FromZero = 30
    """Days that answers of Gemini are kept, so as not to pay for them again."""
    keep_logs_days: FromZero = 30
    """Days that the log of a run is kept which has ended."""
    keep_copies_days: FromZero = 7
    """Days that copies of what the bucket holds, and of the store before a migration, are kept."""
    session_kept_days: FromZero = 30
    """Days after which sessions, links and shares that are over are forgotten."""
    audit_days: FromZero = 365
    """Days that the audit is kept."""

    limits: Literal["auto", "on", "off"] = "auto"
    """Whether rates and quotas hold; `auto` means where people sign in, so not while `auth` is
    `local`."""
    rate_read: FromZero = 1_200
    """Requests that look at something, a minute and person; 0 is no limit, here and below."""
    rate_write: FromZero = 300
    """Requests that change something, a minute and person."""
    rate_upload: FromZero = 60
    """Uploads that are begun, a minute and person."""
    rate_render: FromZero = 120
    """Requests that cost much work (runs, sweeps, stills, archives), a minute and person."""
    rate_transfer: FromZero = 6_000
    """Pieces of recordings and clips that are sent or fetched, a minute and person."""
    rate_login: FromZero = 30
    """Tries to come in by a password or a link, a minute and address."""
    rate_address: FromZero = 120
    """Other requests of those who are not signed in, a minute and address."""
    rate_key_percent: Annotated[int, Field(ge=1, le=100)] = 50
    """Part of a person's rates that one API key may use: a program leaves its person some."""

    quota_bytes: FromZero = 20_000_000_000
    """Bytes of recordings that a person may have, deleted ones too until they are gone for good;
    0 is no limit, here and below. `lecture admin quota` allows one person something else."""
    quota_uploads_at_once: FromZero = 5
    """Uploads of a person that may be under way."""
    quota_uploads_a_day: FromZero = 50
    """Uploads that a person may begin within 24 hours."""
    quota_jobs: FromZero = 20
    """Runs and sweeps of a person's lectures that may wait or work."""

    max_upload_bytes: Annotated[int, Field(ge=1)] = 8 * GIB
    """Largest recording that is taken."""
    upload_expiry_s: Annotated[int, Field(ge=60)] = 86_400
    """Seconds after which an unfinished upload is dropped."""
    sandbox: Mode = "auto"
    """Whether uploads may be decoded when a part of the sandbox is missing."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """What is logged."""
    log_format: Literal["text", "json"] = "text"
    """How the log is written to stderr."""

    @field_validator("logo")
    @classmethod
    def _is_a_picture(cls, logo: Path | None) -> Path | None:
        from agents.compile.logo import logo_kind

        if logo is None:
            return None
        with _as_value_error():
            logo_kind(logo)
        return logo.absolute()

    @field_validator("gemini_prompt")
    @classmethod
    def _known_prompt(cls, value: str) -> str:
        from agents.content.prompts import read_prompt

        value = str(Path(value).expanduser().absolute()) if value.endswith(".md") else value
        with _as_value_error():
            read_prompt(value)
        return value

    @field_validator("gemini_prices")
    @classmethod
    def _readable_prices(cls, value: Path | None) -> Path | None:
        from agents.content.costs import read_prices

        value = value and value.expanduser().absolute()
        with _as_value_error():
            read_prices(value)
        return value

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"{origin!r} must be an origin as https://portal.example, without a path;"
                    " `*` is not taken"
                )
        return value

    @field_validator("media")
    @classmethod
    def _names_a_bucket(cls, value: str | None) -> str | None:
        if value is not None and not S3_ADDRESS.fullmatch(value):
            raise ValueError(f"{value!r} must be s3://bucket or s3://bucket/prefix")
        return value

    @field_validator("state", "models", "cloudfront_key")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().absolute() if value is not None else None

    @model_validator(mode="after")
    def _complete(self) -> Settings:
        if self.auth == "oidc" and not (self.oidc_issuer and self.oidc_client_id):
            raise ValueError("LECTURE_AUTH=oidc needs LECTURE_OIDC_ISSUER and _OIDC_CLIENT_ID")
        if self.public_url is not None and not re.fullmatch(r"https?://[^/?#]+/?", self.public_url):
            raise ValueError("LECTURE_PUBLIC_URL must be as https://lectures.example")
        if self.smtp_host is not None and not (self.public_url and self.smtp_from):
            raise ValueError("LECTURE_SMTP_HOST needs LECTURE_PUBLIC_URL and LECTURE_SMTP_FROM")
        return self

    @property
    def limits_hold(self) -> bool:
        """Return whether rates and quotas hold."""
        return self.limits == "on" or (self.limits == "auto" and self.auth != "local")

    @property
    def store_location(self) -> str | Path:
        """Return what `data.store.open_store` opens."""
        return self.store_url or self.state / "lecture.duckdb"

    @property
    def bucket(self) -> BucketConfig | None:
        """Return where the bucket is, None without one."""
        found = S3_ADDRESS.fullmatch(self.media or "")
        if found is None:
            return None
        prefix = (found["prefix"] or "").strip("/")
        return BucketConfig(
            bucket=found["bucket"],
            prefix=f"{prefix}/" if prefix else "",
            endpoint_url=self.s3_endpoint_url,
            region=self.s3_region,
            kms_key=self.s3_kms_key,
        )

    @property
    def hosts(self) -> frozenset[str]:
        """Return the names that a request's Host header may carry."""
        public = (urlsplit(self.public_url).hostname or "",) if self.public_url else ()
        return frozenset({*LOOPBACK, *public, *(name.lower() for name in self.allowed_hosts)})

    @property
    def gemini(self) -> Gemini | None:
        """Return how Gemini is reached, None without a key."""
        if self.gemini_api_key is None:
            return None
        return Gemini(
            api_key=self.gemini_api_key.get_secret_value(),
            model=self.gemini_model,
            base_url=self.gemini_base_url,
            timeout_s=self.gemini_timeout_s,
            prompt=self.gemini_prompt,
            thinking_tokens=self.gemini_thinking_tokens,
            budget_s=self.gemini_budget_s,
            max_tokens=self.gemini_max_tokens,
            max_usd=self.gemini_max_usd,
            prices=self.gemini_prices,
        )


APP_ONLY = {
    "server_key",
    "allowed_hosts", "cors_origins", "trusted_proxies",
    "secret_key", "oidc_client_secret", "gemini_api_key", "smtp_password",
}  # fmt: skip
"""Settings that a worker is not told, or not in this way."""


class SettingsError(LectureError):
    """A `LECTURE_*` variable cannot be used."""

    code = "bad_setting"


@cache
def load_settings() -> Settings:
    """Return the settings of this process, or raise SettingsError in one sentence."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        message = first["msg"].removeprefix("Value error, ")
        if not first["loc"]:
            raise SettingsError(message) from error
        raise SettingsError(f"LECTURE_{str(first['loc'][0]).upper()}: {message}") from error
    except UnreadableValue as error:
        names = " or ".join(_unreadable_lists())
        text = f"""{names}: a list is written as '["one", "two"]', both kinds of quotes included"""
        raise SettingsError(text) from error


def _unreadable_lists() -> list[str]:
    """Return the variables of lists that are no JSON, as when a shell has taken the quotes."""
    found = []
    for name, field in Settings.model_fields.items():
        variable = f"LECTURE_{name.upper()}"
        if get_origin(field.annotation) is tuple and os.environ.get(variable):
            try:
                json.loads(os.environ[variable])
            except ValueError:
                found.append(variable)
    return found


def unknown_variables() -> list[str]:
    """Return the `LECTURE_*` variables that name no setting: slips of the pen, most likely."""
    known = {f"LECTURE_{name.upper()}" for name in Settings.model_fields}
    return sorted(name for name in os.environ if name.startswith("LECTURE_") and name not in known)


def child_environment(settings: Settings) -> dict[str, str]:
    """Return the environment of a child process that shall have the same settings."""
    given = settings.model_dump(mode="json", exclude=APP_ONLY)
    own = {
        f"LECTURE_{name.upper()}": str(value) for name, value in given.items() if value is not None
    }
    if settings.gemini_api_key is not None:
        own["LECTURE_GEMINI_API_KEY"] = settings.gemini_api_key.get_secret_value()
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("LECTURE_")}
    return {**inherited, **own}
