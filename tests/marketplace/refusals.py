"""What tests of services ask of a refusal: its one code."""

import pytest
from django.core.exceptions import ValidationError


def refused(code, call, *args, **kwargs):
    """The one error with which ``call`` refuses."""
    with pytest.raises(ValidationError) as caught:
        call(*args, **kwargs)
    error = caught.value
    named = error.error_dict.values() if hasattr(error, "error_dict") else [error.error_list]
    found = [one for errors in named for one in errors]
    assert [one.code for one in found] == [code]
    return found[0]
