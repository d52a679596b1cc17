// SPDX-License-Identifier: Apache-2.0
// Names of device classes and the identity of a card.
#include "device/device.hpp"

#include "core/host_name.hpp"

namespace cardwise {

const char* name_of(DeviceClass c) {
  switch (c) {
    case DeviceClass::gpu:
      return "gpu";
    case DeviceClass::fpga:
      return "fpga";
    case DeviceClass::cpu:
      return "cpu";
    case DeviceClass::emulated:
      return "emulated";
  }
  return "?";
}

std::string DeviceInfo::identity() const {
  if (!uuid.empty()) return uuid;
  const std::string node = host_name();
  if (!pci_bus_id.empty()) return node + "/" + pci_bus_id;
  if (!board.empty()) return node + "/" + board;
  return node + "/" + platform + "/" + std::to_string(index);
}

}  // namespace cardwise
