"""The rules that our own code is built with: warnings are errors here.

    load("//third_party:tandem.bzl", "tandem_library", "tandem_test")

    tandem_library(name = "rng", srcs = ["rng.cc"], hdrs = ["rng.h"])
    tandem_test(name = "rng_test", srcs = ["rng_test.cc"], deps = [":rng"])

All arguments of cc_library, cc_test and cc_binary work. Optimisation and
sanitizers are set in .bazelrc, not here.
"""

load("//third_party:libtorch.bzl", "LIBTORCH_COPTS")

# What the optimiser merely guesses, and differently on another processor, is
# shown but no error.
_WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-error=array-bounds",
    "-Wno-error=maybe-uninitialized",
    "-Wno-error=stringop-overflow",
    "-Wno-error=stringop-overread",
]

_TORCH = "@libtorch//:libtorch"

def _copts(copts, deps):
    torch = LIBTORCH_COPTS if _TORCH in deps else []
    return _WARNINGS + torch + copts

def tandem_library(name, deps = [], copts = [], **kwargs):
    """cc_library. Set alwayslink = True where objects register themselves."""
    native.cc_library(
        name = name,
        deps = deps,
        copts = _copts(copts, deps),
        linkstatic = True,
        **kwargs
    )

def tandem_binary(name, deps = [], copts = [], **kwargs):
    """cc_binary."""
    native.cc_binary(
        name = name,
        deps = deps,
        copts = _copts(copts, deps),
        **kwargs
    )

def tandem_test(name, deps = [], copts = [], data = [], size = "small", tags = [], **kwargs):
    """cc_test on GoogleTest and its main; size "small" is at most a minute.

    Tag "long" keeps a test out of the fast suite (run with --config=long).
    The tag "torch" is added where the test itself uses torch; add it by hand
    where a dependency does.
    """
    native.cc_test(
        name = name,
        size = size,
        deps = deps + ["//third_party:gtest_main"],
        copts = _copts(copts, deps),
        data = data + ["//third_party:suppressions"],
        tags = tags + (["torch"] if _TORCH in deps and "torch" not in tags else []),
        **kwargs
    )
