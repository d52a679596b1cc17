// SPDX-License-Identifier: Apache-2.0
// Cards as blocks of text, one fact after another, and as JSON.
#include "results/devices_listing.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/text.hpp"

namespace cardwise {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

template <class Number>
Number known(const Card& card, Number DeviceInfo::*member) {
  for (const DeviceInfo& v : card.views)
    if (v.*member >= 0) return v.*member;
  return -1;
}

std::string drivers(const Card& card) {
  std::vector<std::string> texts;
  for (const DeviceInfo& v : card.views)
    if (!v.driver_version.empty() && (texts.empty() || texts.back() != v.driver_version))
      texts.push_back(v.driver_version);
  return join(texts, ", ");
}

std::string opencl_platform(const Card& card) {
  const DeviceInfo* opencl = card.view("opencl");
  return opencl ? opencl->platform : "";
}

bool has_f64(const Card& card) {
  for (const DeviceInfo& v : card.views)
    if (v.f64) return true;
  return false;
}

int numa_of(std::span<const int> numa, std::size_t index) {
  return index < numa.size() ? numa[index] : -1;
}

std::string card_text(const Card& card, std::size_t index, int numa) {
  std::vector<std::string> apis;
  for (const DeviceInfo& v : card.views) apis.push_back(v.backend);
  std::string text = fmt::format("{}  {} {}\n", pad_left(std::to_string(index), 3),
                                 pad_right(name_of(card.device_class), 8), card.name());
  const auto fact = [&](const char* name, const std::string& value) {
    if (!value.empty()) text += fmt::format("     {} {}\n", pad_right(name, 10), value);
  };
  fact("identity", card.identity);
  if (!card.pci_bus_id().empty() && !card.uuid().empty()) fact("PCI", card.pci_bus_id());
  fact("NUMA node", numa < 0 ? "" : std::to_string(numa));
  const std::int64_t memory = known(card, &DeviceInfo::memory_bytes);
  fact("memory", memory < 0 ? "" : size_text(static_cast<double>(memory)));
  fact("f64", has_f64(card) ? "yes" : "no");
  fact("APIs", join(apis, ", "));
  fact("platform", opencl_platform(card));
  fact("driver", drivers(card));
  return text;
}

std::string number(std::int64_t value) { return value < 0 ? "null" : std::to_string(value); }

std::string json_array(const std::vector<std::string>& items) {
  return "[" + join(items, ", ") + "]";
}

std::string card_json(const Card& card, std::size_t index, int numa) {
  std::vector<std::string> apis;
  for (const DeviceInfo& v : card.views) apis.push_back(json_string(v.backend));
  const Fields fields = {
      {"index", std::to_string(index)},
      {"class", json_string(name_of(card.device_class))},
      {"name", json_string(card.name())},
      {"vendor", json_string(card.views.front().vendor)},
      {"identity", json_string(card.identity)},
      {"uuid", json_string(card.uuid())},
      {"pci_bus_id", json_string(card.pci_bus_id())},
      {"numa_node", number(numa)},
      {"memory_bytes", number(known(card, &DeviceInfo::memory_bytes))},
      {"llc_bytes", number(known(card, &DeviceInfo::llc_bytes))},
      {"compute_units", number(known(card, &DeviceInfo::compute_units))},
      {"clock_max_mhz", number(known(card, &DeviceInfo::clock_max_mhz))},
      {"f64", has_f64(card) ? "true" : "false"},
      {"driver", json_string(drivers(card))},
      {"opencl_platform", json_string(opencl_platform(card))},
      {"views", json_array(apis)},
  };
  return json_object(fields);
}

}  // namespace

std::string devices_text(const Inventory& found, const Wanted& wanted, std::span<const int> numa) {
  std::string text;
  for (std::size_t i = 0; i < found.cards.size(); ++i)
    if (is_wanted(found.cards[i], wanted)) text += card_text(found.cards[i], i, numa_of(numa, i));
  if (text.empty())
    text = wanted.types.empty() ? "no card found\n"
                                : fmt::format("no card of type {}\n", join(wanted.types, " or "));
  for (const Inventory::Absent& a : found.absent) text += fmt::format("{}: {}\n", a.backend, a.why);
  return text;
}

std::string devices_json(const Inventory& found, const Wanted& wanted, std::span<const int> numa) {
  std::vector<std::string> cards, backends;
  for (std::size_t i = 0; i < found.cards.size(); ++i)
    if (is_wanted(found.cards[i], wanted))
      cards.push_back(card_json(found.cards[i], i, numa_of(numa, i)));
  for (const Inventory::Absent& a : found.absent)
    backends.push_back(
        json_object({{"name", json_string(a.backend)}, {"why_none", json_string(a.why)}}));
  return json_object({{"cards", json_array(cards)}, {"backends", json_array(backends)}}) + "\n";
}

}  // namespace cardwise
