// SPDX-License-Identifier: Apache-2.0
// The Case's kernels: from where, with which defines, and over which grid.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "device/image.hpp"
#include "run/case_state.hpp"

namespace cardwise {

std::uint64_t group_size(const DeviceInfo& info) {
  const std::uint64_t wanted = info.device_class == DeviceClass::cpu ? 1024 : 256;
  const auto most = std::uint64_t(info.max_group_size > 0 ? info.max_group_size : 256);
  return std::min(wanted, most);
}

Kernel& CaseState::load(const std::string& name, const std::string& entry, const Defines& defines) {
  const auto start = std::chrono::steady_clock::now();
  const auto [source, symbol] = source_of(*this, name, entry, defines);
  kernels.push_back(device().load(source, symbol, defines));
  compile_s += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  run.watchdog.beat();
  Kernel& kernel = *kernels.back();
  if (name != "data" && name != "checksum" && planned.row.kernel_sha256.empty()) {
    const std::string hash = source.sha256(defines);
    planned.row.kernel_sha256 = hash;
    planned.row.binary_sha256 = kernel.binary_sha256();
    std::string options;
    for (const auto& [define, value] : defines) options += fmt::format("-D{}={} ", define, value);
    planned.facts.build_options = options;
    const Variant* variant = planned.variant.get();
    const bool manifest =
        variant != nullptr && variant->image && source.image == variant->image->code;
    planned.kernels.push_back({.name = name,
                               .variant = source.variant,
                               .file = source.file,
                               .sha256 = hash,
                               .text = manifest ? source.text : options + "\n" + source.text});
  }
  return kernel;
}

int Case::width(std::uint64_t n) const {
  const int wide = int(16 / state_.element_bytes());
  return is_gpu() && n % std::uint64_t(wide) == 0 ? wide : 1;
}

Kernel& Case::kernel(const std::string& name, std::uint64_t n, const Defines& more) {
  const std::uint64_t group = group_size(state_.device().info());
  const int wide = width(n);
  Defines defines{{"REAL", is_f32() ? "float" : "double"},
                  {"WIDTH", std::to_string(wide)},
                  {"GROUP", std::to_string(group)}};
  if (n % (group * std::uint64_t(wide)) != 0) defines.emplace_back("TAIL", "1");
  for (const auto& define : more) {
    const auto known = std::find_if(defines.begin(), defines.end(),
                                    [&](const auto& d) { return d.first == define.first; });
    if (known != defines.end())
      known->second = define.second;
    else
      defines.push_back(define);
  }
  return state_.load(name, "cw_" + name, defines);
}

Grid Case::cover(std::uint64_t n) const {
  const std::uint64_t group = group_size(state_.device().info());
  const std::uint64_t step = group * std::uint64_t(width(n));
  return {{(n + step - 1) / step * group, 1, 1}, {group, 1, 1}};
}

Tiling Case::tile_plane(std::uint64_t nx, std::uint64_t ny) const { return tile_box(nx, ny, 3); }

Tiling Case::tile_box(std::uint64_t nx, std::uint64_t ny, std::uint64_t nz) const {
  if (!is_gpu()) {
    // A work-item a stretch of a row: its loop is what a CPU's compiler vectorises.
    constexpr std::uint64_t span = 1024;
    return {.defines = {{"SPAN", std::to_string(span)}, {"GROUP_X", "1"}, {"GROUP_Y", "1"}},
            .grid = {{(nx + span - 1) / span, ny - 2, nz - 2}, {1, 1, 1}}};
  }
  const auto wide = std::uint64_t(width(nx));
  const std::uint64_t group_x = 32, group_y = 8, rows = 4;
  const auto groups = [](std::uint64_t items, std::uint64_t group) {
    return (items + group - 1) / group * group;
  };
  // A plane's work-items walk down its rows, a box's through its planes.
  const bool plane = nz == 3;
  const std::uint64_t y = plane ? (ny - 2 + rows - 1) / rows : ny - 2;
  const std::uint64_t z = plane ? 1 : (nz - 2 + rows - 1) / rows;
  return {.defines = {{"WIDTH", std::to_string(wide)},
                      {"GROUP_X", std::to_string(group_x)},
                      {"GROUP_Y", std::to_string(group_y)},
                      {"ROWS", std::to_string(rows)}},
          .grid = {{groups((nx + wide - 1) / wide, group_x), groups(y, group_y), z},
                   {group_x, group_y, 1}}};
}

Kernel& Case::kernel_with(const std::string& name, const Defines& defines) {
  Defines all{{"REAL", is_f32() ? "float" : "double"}};
  all.insert(all.end(), defines.begin(), defines.end());
  return state_.load(name, "cw_" + name, all);
}

Arg Case::real(double value) const {
  if (is_f32()) return Arg(float(value));
  return Arg(value);
}

std::int64_t Case::image_load_ns() {
  const auto& variant = state_.planned.variant;
  if (!variant) return -1;
  const auto found = state_.open->image_load_ns.find(variant->name);
  return found == state_.open->image_load_ns.end() ? -1 : std::exchange(found->second, -1);
}

bool Case::single_work_item() const {
  const auto& variant = state_.planned.variant;
  return variant && variant->image && variant->image->whole_card();
}

}  // namespace cardwise
