"""C++ from Protocol Buffers with the system's protoc."""

def _out(src, ext):
    if not src.endswith(".proto"):
        fail("cc_proto: expected a .proto file, got " + src)
    return src[:-len(".proto")] + ext

def cc_proto(name, srcs, deps = [], **kwargs):
    """A C++ library of messages; include as "PACKAGE/FILE.pb.h".

    Imports are written from the workspace root: import "proto/x.proto".

    Args:
      name: the library. Also makes NAME_srcs, the .proto files with those of
        deps, for tools that read them.
      srcs: .proto files of this package.
      deps: other cc_proto targets whose files these import.
      **kwargs: handed to cc_library (visibility, ...).
    """
    visibility = kwargs.get("visibility")
    srcs_of_deps = [_srcs_label(dep) for dep in deps]
    native.filegroup(
        name = name + "_srcs",
        srcs = srcs + srcs_of_deps,
        visibility = visibility,
    )
    native.genrule(
        name = name + "_gen",
        srcs = srcs + srcs_of_deps,
        outs = [_out(src, ext) for src in srcs for ext in (".pb.h", ".pb.cc")],
        cmd = "protoc -I. --cpp_out=$(GENDIR) " +
              " ".join(["$(location %s)" % src for src in srcs]),
        visibility = ["//visibility:private"],
    )
    native.cc_library(
        name = name,
        linkstatic = True,
        srcs = [_out(src, ".pb.cc") for src in srcs],
        hdrs = [_out(src, ".pb.h") for src in srcs],
        copts = ["-w"],
        deps = deps + ["//third_party:protobuf"],
        **kwargs
    )

def _srcs_label(dep):
    """The NAME_srcs label beside a cc_proto label."""
    if ":" in dep:
        return dep + "_srcs"
    if dep.startswith("//"):
        return dep + ":" + dep.split("/")[-1] + "_srcs"
    return dep + "_srcs"
