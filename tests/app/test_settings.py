"""Settings come from LECTURE_* alone, and children get the same."""

from pathlib import Path

import pytest

from agents.registry import Gemini
from app.services.core import workshop_config
from app.settings import Settings, SettingsError, child_environment, load_settings
from jobs.config import WorkshopConfig


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Forget what was read before, and set nothing."""
    import os

    for name in [name for name in os.environ if name.startswith("LECTURE_")]:
        monkeypatch.delenv(name)
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


def test_without_variables_everything_lies_below_the_working_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings.state == tmp_path / "data" / "local"
    assert settings.store_location == settings.state / "lecture.duckdb"
    assert (settings.host, settings.port) == ("127.0.0.1", 8501)
    assert settings.workers >= 2
    assert settings.gemini is None


def test_variables_are_read_with_their_prefix(monkeypatch):
    monkeypatch.setenv("LECTURE_STORE_URL", "postgresql://db/lectures")
    monkeypatch.setenv("LECTURE_GEMINI_API_KEY", "secret")
    monkeypatch.setenv("LECTURE_GEMINI_MODEL", "other")
    monkeypatch.setenv("LECTURE_ALLOWED_HOSTS", '["Lectures.example"]')
    settings = load_settings()
    assert settings.store_location == "postgresql://db/lectures"
    assert settings.gemini is not None
    assert (settings.gemini.api_key, settings.gemini.model) == ("secret", "other")
    assert "lectures.example" in settings.hosts


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "70000"),
        ("WORKERS", "0"),
        ("SANDBOX", "sometimes"),
        ("GEMINI_TIMEOUT_S", "-1"),
        ("ALLOWED_HOSTS", "[lectures.example]"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_without_being_shown(monkeypatch, name, value):
    monkeypatch.setenv(f"LECTURE_{name}", value)
    with pytest.raises(SettingsError, match=f"^LECTURE_{name}: ") as refused:
        load_settings()
    assert value not in refused.value.message


def test_an_empty_variable_counts_as_not_set(monkeypatch):
    monkeypatch.setenv("LECTURE_REDIS_URL", "")
    assert load_settings().redis_url is None


def test_gemini_is_asked_as_the_settings_say(tmp_path):
    assert Settings(gemini_api_key="k").gemini == Gemini("k")
    prompt, prices = tmp_path / "own.md", tmp_path / "own.json"
    prompt.write_text("Find what matters.")
    prices.write_text('{"dated": "2030-01-01", "models": {"m": {"input": 1, "output": 2}}}')
    told = Settings(
        gemini_api_key="k",
        gemini_prompt=str(prompt),
        gemini_prices=prices,
        gemini_thinking_tokens=0,
        gemini_budget_s=9,
        gemini_max_tokens=5,
        gemini_max_usd=0.1,
    ).gemini
    assert told == Gemini(
        "k",
        prompt=str(prompt),
        thinking_tokens=0,
        prices=prices,
        budget_s=9,
        max_tokens=5,
        max_usd=0.1,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GEMINI_PROMPT", "v0"),
        ("GEMINI_PROMPT", "nowhere.md"),
        ("GEMINI_PRICES", "nowhere.json"),
        ("GEMINI_MAX_USD", "inf"),
        ("GEMINI_BUDGET_S", "0"),
    ],
)
def test_a_setting_of_gemini_that_cannot_be_used_is_named(monkeypatch, name, value):
    monkeypatch.setenv(f"LECTURE_{name}", value)
    with pytest.raises(SettingsError, match=f"LECTURE_{name}"):
        load_settings()


def test_the_key_is_never_printed():
    settings = Settings(gemini_api_key="AIza-very-secret")
    assert "very-secret" not in f"{settings!r} {settings} {settings.gemini!r}"


def test_a_child_gets_the_same_settings(monkeypatch, tmp_path):
    given = Settings(
        state=tmp_path,
        redis_url="unix:///x/s",
        models=Path("models"),
        gemini_api_key="secret",
        workers=3,
        download_models=False,
    )
    monkeypatch.setenv("LECTURE_PORT", "1")
    for name, value in child_environment(given).items():
        if name.startswith("LECTURE_"):
            monkeypatch.setenv(name, value)
    assert load_settings() == given


def test_a_worker_is_told_the_gemini_key_and_no_log_is():
    config = workshop_config(Settings(gemini_api_key="AIza-very-secret", gemini_model="other"))
    assert "secret" not in f"{config!r} {config}"
    told = WorkshopConfig.model_validate_json(config.to_json())
    assert told.gemini is not None
    assert (told.gemini.api_key, told.gemini.model) == ("AIza-very-secret", "other")


def test_a_logo_that_is_none_is_named_at_the_start(monkeypatch, tmp_path):
    path = tmp_path / "logo.svg"
    path.write_text("<svg/>")
    monkeypatch.setenv("LECTURE_LOGO", str(path))
    with pytest.raises(SettingsError, match=r"LECTURE_LOGO: .*'logo.svg' is neither a PNG nor a"):
        load_settings()


def test_a_logo_is_found_from_any_folder(monkeypatch, tmp_path):
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LECTURE_LOGO", "logo.png")
    assert workshop_config(load_settings()).logo == tmp_path / "logo.png"
