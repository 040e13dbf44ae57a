"""Sources of secrets for tests."""

from state.model.brakes.source import Form, Provider, Source


def a_source(provider: Provider, key: str, *, name: str = "key", address: str = "", form: Form = Form.FILE) -> Source:
    """A source with a name."""
    return Source(name=name, provider=provider, key=key, address=address, form=form)
