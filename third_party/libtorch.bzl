"""Finds LibTorch in a Python wheel and wraps it as @libtorch//:libtorch.

Looked for in this order: $LIBTORCH (a folder with include/ and lib/), the
virtual environment .venv in the workspace root (made by tools/setup), the
torch package of python3.

The target carries the headers and the link options, but not the search path
of the headers: the wheel also bundles fmt, protobuf, pybind11 and others,
which must not shadow the system's in files that merely depend on a user of
torch. The macros of tandem.bzl add LIBTORCH_COPTS to targets that name
@libtorch//:libtorch in their own deps.
"""

# An external repository's files lie in external/NAME below the execution root.
LIBTORCH_COPTS = [
    "-isystem",
    "external/libtorch/include",
    "-isystem",
    "external/libtorch/include/torch/csrc/api/include",
]

# Bundled headers of protobuf 3.13, which break a build beside protobuf 3.21.
_SKIPPED_INCLUDES = ["google"]

_BUILD = """
package(default_visibility = ["//visibility:public"])

cc_library(
    name = "libtorch",
    hdrs = glob(["include/**"]),
    defines = {defines},
    linkopts = {linkopts},
)
"""

def _wheel(ctx):
    """Returns the folder of the wheel's torch package, or None."""
    if ctx.os.environ.get("LIBTORCH"):
        return ctx.path(ctx.os.environ["LIBTORCH"])
    root = ctx.path(Label("@tandem//:WORKSPACE")).dirname
    lib = root.get_child(".venv").get_child("lib")
    if lib.exists:
        for python in lib.readdir():
            torch = python.get_child("site-packages").get_child("torch")
            if torch.get_child("include").exists:
                return torch
    python = ctx.which("python3")
    if python:
        found = ctx.execute([python, "-c", """
import importlib.util as u
s = u.find_spec("torch")
print(s.submodule_search_locations[0] if s else "")
"""])
        if found.return_code == 0 and found.stdout.strip():
            return ctx.path(found.stdout.strip())
    return None

# Where PyPI's packages put CUDA's headers, beside torch: CUDA 12 (the runtime's, and those of nvcc that they include) and CUDA 13.
_CUDA_INCLUDES = ["cuda_runtime/include", "cuda_nvcc/include", "cu13/include"]

def _link_cuda_headers(ctx, torch):
    """Puts CUDA's headers beside torch's, if the wheel's packages brought them."""
    linked = {}
    for folder in _CUDA_INCLUDES:
        include = torch.dirname.get_child("nvidia")
        for part in folder.split("/"):
            include = include.get_child(part)
        if not include.exists:
            continue
        for child in include.readdir():
            if child.basename not in linked:
                ctx.symlink(child, "include/" + child.basename)
                linked[child.basename] = True

def _impl(ctx):
    torch = _wheel(ctx)
    if not torch or not torch.get_child("lib").get_child("libtorch.so").exists:
        fail("LibTorch not found (looked at $LIBTORCH, .venv and python3); run tools/setup")
    for child in torch.get_child("include").readdir():
        if child.basename not in _SKIPPED_INCLUDES:
            ctx.symlink(child, "include/" + child.basename)
    lib = torch.get_child("lib")
    ctx.symlink(lib, "lib")

    # Keep all of them even where no symbol is used directly: each registers
    # its operators when it is loaded.
    libraries = ["-ltorch", "-ltorch_cpu", "-lc10"]
    defines = []
    if lib.get_child("libtorch_cuda.so").exists:
        libraries += ["-ltorch_cuda", "-lc10_cuda"]
        defines.append("TANDEM_LIBTORCH_CUDA")  # engine/net/torch/device_graph.cc
        _link_cuda_headers(ctx, torch)

        # The driver's library need not be on the machine that builds.
        libraries.append("-Wl,--allow-shlib-undefined")
    linkopts = [
        "-L" + str(lib),
        "-Wl,-rpath," + str(lib),
        "-Wl,--push-state,--no-as-needed",
    ] + libraries + ["-Wl,--pop-state"]

    ctx.file("BUILD", _BUILD.format(defines = repr(defines), linkopts = repr(linkopts)))

libtorch_repository = repository_rule(
    implementation = _impl,
    environ = ["LIBTORCH"],
    local = True,
)
