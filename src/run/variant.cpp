// SPDX-License-Identifier: Apache-2.0
// Which cases a variant has, and the kernels of one.
#include "run/variant.hpp"

#include <algorithm>

#include "device/backends.hpp"
#include "device/image.hpp"
#include "run/case_state.hpp"

namespace cardwise {
namespace {

/// What fills and checks the data is the same for all variants, unless the image has to bring it.
bool serves_the_run(const std::string& name) { return name == "data" || name == "checksum"; }

std::string dtype_of(const Defines& defines) {
  for (const auto& [name, value] : defines)
    if (name == "REAL") return value == "double" ? "f64" : "f32";
  return "";
}

/// The driver's compiler, not NVRTC, makes the machine code: of the same text for both APIs.
KernelSource by_ptx(CaseState& state, KernelSource source, const Defines& defines) {
  std::shared_ptr<const ImageCode>& known = state.run.ptx[source.sha256(defines)];
  if (!known) known = compile_ptx(source, defines, state.device().info());
  source.variant = state.planned.variant->name;
  source.image = known;
  return source;
}

}  // namespace

bool Variant::takes(const Benchmark& benchmark, const std::string& dtype) const {
  if (benchmark.of_images) return image != nullptr;
  if (image) return image->whole_card() || image->offers(benchmark.name, dtype);
  const std::vector<std::string> known = portable_kernel_names();
  const bool on_card = benchmark.family == "mem" || benchmark.family == "compute";
  return on_card && std::find(known.begin(), known.end(), benchmark.name) != known.end();
}

bool no_portable(const Variants& variants) {
  return std::any_of(variants.begin(), variants.end(),
                     [](const auto& v) { return v->image && v->image->whole_card(); });
}

std::pair<KernelSource, std::string> source_of(CaseState& state, const std::string& name,
                                               const std::string& entry, const Defines& defines) {
  const Variant* variant = state.planned.variant.get();
  const bool from_image =
      variant != nullptr && variant->image &&
      (variant->image->whole_card() || !serves_the_run(name));
  if (from_image) return variant->image->kernel(entry.substr(3), dtype_of(defines), defines,
                                                  state.replica);
  KernelSource source = portable_kernel(name);
  if (variant != nullptr && !variant->image && !serves_the_run(name))
    source = by_ptx(state, std::move(source), defines);
  return {std::move(source), entry};
}

}  // namespace cardwise
