"""Keeps schemathesis from the user and the API token that it works with: without them it would only hear 401."""

import schemathesis

OWN = "contract"
ANOTHER = "somebody-else"


@schemathesis.hook
def filter_path_parameters(context, path_parameters):
    return OWN not in (path_parameters or {}).values()


@schemathesis.hook
def before_call(context, case, kwargs):
    """Names that were read from earlier answers pass no filter."""
    for name, value in (case.path_parameters or {}).items():
        if value == OWN:
            case.path_parameters[name] = ANOTHER
