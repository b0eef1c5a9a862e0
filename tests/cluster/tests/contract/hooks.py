"""Keeps schemathesis from the user and the API token that it works with: without them it would only hear 401."""

import schemathesis

OWN = "contract"


@schemathesis.hook
def filter_path_parameters(context, path_parameters):
    return OWN not in (path_parameters or {}).values()
