"""``_quarto.yml`` as this renderer takes it: a key or value that it would have to ignore is refused."""

from collections.abc import Iterable, Mapping
from typing import Any

import jsonschema

from tp1.weave.errors import UnsupportedFeature, WeaveError

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
INCHES: Schema = {"type": "number", "exclusiveMinimum": 0, "maximum": 1000}
LEVEL: Schema = {"type": "integer", "minimum": 1, "maximum": 6}
FILE_NAME: Schema = {"type": "string", "pattern": r"^[^/\\\n]+$"}
FILES: Schema = {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}
# What concerns Quarto's own pages and labels alone.
QUARTO_ONLY: Schema = {}


def _only(value: object) -> Schema:
    """Describe what the renderer does in one way only."""
    return {"const": value}


def _keys(names: Iterable[str], schema: Schema) -> dict[str, Schema]:
    return dict.fromkeys(names, schema)


def _mapping(**properties: Schema) -> Schema:
    named = {key.replace("_", "-"): schema for key, schema in properties.items()}
    return {"type": "object", "properties": named, "additionalProperties": False}


AUTHOR: Schema = {
    "anyOf": [
        TEXT,
        {"type": "object", "required": ["name"], "additionalProperties": TEXT},
    ]
}
SCHEMA = _mapping(
    lang=TEXT,
    metadata_files=FILES,
    bibliography=FILES,
    filters={
        "type": "array",
        "items": {
            "anyOf": [
                TEXT,
                {"type": "object", "required": ["path"], "additionalProperties": TEXT},
            ]
        },
    },
    toc=_only(True),
    toc_depth=LEVEL,
    number_sections=_only(True),
    number_depth=LEVEL,
    link_citations=_only(True),
    fig_width=INCHES,
    fig_height=INCHES,
    fig_format=_only("svg"),
    execute=_mapping(freeze=_only("auto")),
    project=_mapping(
        type=_only("book"),
        output_dir=TEXT,
        execute_dir=_only("project"),
        resources=FILES,
        **_keys(("pre-render", "post-render"), QUARTO_ONLY),
    ),
    book=_mapping(
        title=TEXT,
        subtitle=TEXT,
        author={"anyOf": [AUTHOR, {"type": "array", "items": AUTHOR}]},
        output_file=FILE_NAME,
        chapters={"type": "array", "items": TEXT, "minItems": 1},
        appendices={"type": "array", "items": TEXT},
        **_keys(
            ("search", "sidebar", "page-footer", "repo-url", "favicon"), QUARTO_ONLY
        ),
    ),
    crossref=_mapping(
        **_keys(("fig-prefix", "tbl-prefix", "eq-prefix", "sec-prefix"), TEXT),
        **_keys(("fig-title", "tbl-title", "title-delim"), TEXT),
        **_keys(("lst-prefix", "lst-title", "appendix-title"), QUARTO_ONLY),
    ),
    language=_mapping(
        **_keys((f"crossref-{kind}-prefix" for kind in ("ch", "apx", "sec")), TEXT),
        **_keys((f"crossref-{kind}-prefix" for kind in ("fig", "tbl", "eq")), TEXT),
        **_keys(
            (
                "section-title-references",
                "title-block-author-single",
                "title-block-author-plural",
            ),
            QUARTO_ONLY,
        ),
    ),
    format=_mapping(
        html=_mapping(
            css=FILES,
            code_fold={"enum": [True, False, "show"]},
            html_math_method=_only("mathml"),
            **_keys(
                ("theme", "code-tools", "code-overflow", "respect-user-color-scheme"),
                QUARTO_ONLY,
            ),
        ),
        rapport_typst=_mapping(
            toc_depth=LEVEL,
            citeproc=_only(True),
            syntax_highlighting=_only("idiomatic"),
            callout_icon=QUARTO_ONLY,
        ),
    ),
)


TEXT_OR_NOTHING: Schema = {"type": ["string", "null"]}
# What the outputs show of `_variables.yml` by themselves; the chapters may use any other name.
VARIABLES: Schema = {
    "type": "object",
    "properties": {
        **_keys(("partner", "handed-in", "colab"), TEXT_OR_NOTHING),
        "course": {
            "type": "object",
            "additionalProperties": {"type": ["string", "number"]},
        },
    },
}


def check(config: Mapping[str, Any], file: str, schema: Schema = SCHEMA) -> None:
    """Refuse what the schema does not know.

    Raises
    ------
    UnsupportedFeature
        For a key or a value that Quarto may obey and this renderer does not.
    WeaveError
        For a value of the wrong kind.
    """
    errors = jsonschema.Draft202012Validator(schema).iter_errors(dict(config))
    for error in sorted(
        errors, key=lambda error: [str(part) for part in error.absolute_path]
    ):
        place = ": ".join(str(part) for part in error.absolute_path)
        if error.validator == "additionalProperties":
            unknown = sorted(error.instance.keys() - error.schema["properties"].keys())[
                0
            ]
            raise UnsupportedFeature(f"{place}: {unknown}" if place else unknown, file)
        if error.validator == "const":
            raise UnsupportedFeature(
                f"{place}: {error.instance!s:.200} (only {error.validator_value})", file
            )
        raise WeaveError(
            f"{place or 'the file'} cannot be {error.instance!r:.200}", file
        )
