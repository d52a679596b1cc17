// SPDX-License-Identifier: Apache-2.0
// Cards out of views: which devices of which API are one and the same card.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "device/backends.hpp"
#include "device/device.hpp"

namespace cardwise {

/// One card, whatever number of APIs shows it.
struct Card {
  std::string identity;                         ///< as DeviceInfo::identity(), unique on its node
  DeviceClass device_class = DeviceClass::cpu;  ///< emulated where any doubt
  std::vector<DeviceInfo> views;                ///< one an API, sorted by backend; never empty

  /// The card through that API, or null.
  const DeviceInfo* view(std::string_view backend) const;
  /// The model, as the first view names it.
  const std::string& name() const { return views.front().name; }
  std::string uuid() const;        ///< "" unknown
  std::string pci_bus_id() const;  ///< normalised; "" unknown
};

/// Which cards count: classes as in --type (empty: all) and a whole OpenCL platform name ("" any).
struct Wanted {
  std::vector<std::string> types;
  std::string platform;
};

/// What this process sees, and why a backend shows nothing.
struct Inventory {
  struct Absent {
    std::string backend, why;
  };
  std::vector<Card> cards;
  std::vector<Absent> absent;
  /// "CUDA_VISIBLE_DEVICES='1'": variables that hide cards from a runtime, where they are set.
  std::vector<std::string> masks;
};

/// "0000:17:00.0": domain, bus, device, function in lower case. Takes "17:00.0", "00000000:17:00.0"
/// (nvidia-smi) and a missing function; "" for anything else.
std::string normal_pci(std::string_view text);

/// The cards behind the views. Views of one class are one card where their UUIDs are equal, else
/// where they alone share a PCI address; a view with neither stays alone. The order in which an API
/// lists its devices plays no part. Where one API shows a card through several platforms (two
/// OpenCL drivers installed) the view kept is that of `platform`, else of the vendor's driver
/// rather than of a portable layer (PoCL, rusticl), else the first.
///
/// The cards come sorted by class (gpu, fpga, cpu, emulated), PCI address, UUID, platform and
/// place: the same on all ranks of a node whatever CUDA_VISIBLE_DEVICES or FASTEST_FIRST made of
/// the order.
/// `--card` counts in this order, and `cardwise devices` prints it.
std::vector<Card> merge_cards(std::span<const DeviceInfo> views, const std::string& platform = "");

/// Asks the backends named (none: all of the table) and merges what they find.
Inventory take_inventory(std::span<const Backend> table, std::span<const std::string> names = {},
                         const std::string& platform = "");

/// Whether class and platform are wanted. With a platform the card must be seen through it.
bool is_wanted(const Card& card, const Wanted& wanted);

/// `GPU "NVIDIA A100-SXM4-40GB" (GPU-3f…)`: for messages.
std::string describe(const Card& card);

}  // namespace cardwise
