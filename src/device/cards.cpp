// SPDX-License-Identifier: Apache-2.0
// Views matched by UUID, else by PCI address; cards sorted so that all ranks count alike.
#include "device/cards.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <tuple>

namespace cardwise {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool is_mig(const std::string& uuid) { return uuid.starts_with("MIG-"); }

/// The hex digits: CUDA and OpenCL need not agree on the prefix of a MIG slice.
std::string uuid_key(const std::string& uuid) {
  const bool prefixed = uuid.starts_with("GPU-") || is_mig(uuid);
  return lower(prefixed ? std::string_view(uuid).substr(4) : std::string_view(uuid));
}

DeviceClass class_of(const DeviceInfo& view) {
  return view.emulated ? DeviceClass::emulated : view.device_class;
}

/// Layers that drive other vendors' cards: worth less than the vendor's own OpenCL.
bool is_portable_layer(const std::string& platform) {
  static constexpr std::array names = {"Portable Computing Language", "rusticl", "Clover", "clvk"};
  return std::find(names.begin(), names.end(), platform) != names.end();
}

using Group = std::vector<DeviceInfo>;

/// Two devices of one platform with one UUID: it tells the model, not the card.
void drop_worthless_uuids(std::vector<DeviceInfo>& views) {
  std::map<std::tuple<std::string, std::string, std::string>, int> count;
  const auto key = [](const DeviceInfo& v) {
    return std::tuple(v.backend, v.platform, uuid_key(v.uuid));
  };
  for (const DeviceInfo& v : views) ++count[key(v)];
  for (DeviceInfo& v : views)
    if (count[key(v)] > 1) v.uuid.clear();
}

std::vector<Group> group_by_uuid(const std::vector<DeviceInfo>& views) {
  std::vector<Group> groups;
  std::map<std::pair<DeviceClass, std::string>, std::size_t> place;
  for (const DeviceInfo& v : views) {
    if (v.uuid.empty()) {
      groups.push_back({v});
      continue;
    }
    const auto [at, fresh] = place.try_emplace({class_of(v), uuid_key(v.uuid)}, groups.size());
    if (fresh) groups.emplace_back();
    groups[at->second].push_back(v);
  }
  return groups;
}

std::string pci_of(const Group& group) {
  for (const DeviceInfo& v : group)
    if (!v.pci_bus_id.empty()) return v.pci_bus_id;
  return "";
}

/// Whether groups at one PCI address can be one card only: no platform shows two devices there
/// (MIG slices, partitions) and no two UUIDs of whole cards contradict each other.
bool is_one_card(const std::vector<Group>& groups) {
  std::set<std::pair<std::string, std::string>> platforms;
  std::set<std::string> whole;
  for (const Group& g : groups)
    for (const DeviceInfo& v : g) {
      if (!platforms.emplace(v.backend, v.platform).second) return false;
      if (!v.uuid.empty() && !is_mig(v.uuid)) whole.insert(uuid_key(v.uuid));
    }
  return whole.size() <= 1;
}

std::vector<Group> join_by_pci(const std::vector<Group>& groups) {
  std::vector<Group> joined;
  std::map<std::pair<DeviceClass, std::string>, std::vector<Group>> at_address;
  for (const Group& g : groups) {
    const std::string pci = pci_of(g);
    if (pci.empty())
      joined.push_back(g);
    else
      at_address[{class_of(g.front()), pci}].push_back(g);
  }
  for (const auto& [address, neighbours] : at_address) {
    if (!is_one_card(neighbours)) {
      joined.insert(joined.end(), neighbours.begin(), neighbours.end());
      continue;
    }
    Group& card = joined.emplace_back();
    for (const Group& g : neighbours) card.insert(card.end(), g.begin(), g.end());
  }
  return joined;
}

/// One view an API: see merge_cards for which.
Group best_views(const Group& group, const std::string& platform) {
  const auto rank = [&](const DeviceInfo& v) {
    if (!platform.empty() && v.platform == platform) return 0;
    return is_portable_layer(v.platform) ? 2 : 1;
  };
  std::map<std::string, DeviceInfo> best;
  for (const DeviceInfo& v : group) {
    const auto [at, fresh] = best.try_emplace(v.backend, v);
    if (!fresh && rank(v) < rank(at->second)) at->second = v;
  }
  Group views;
  for (auto& [backend, view] : best) views.push_back(std::move(view));
  return views;
}

Card make_card(Group views) {
  const DeviceClass device_class = class_of(views.front());
  Card card{.identity = "", .device_class = device_class, .views = std::move(views)};
  DeviceInfo facts = card.views.front();
  facts.uuid = card.uuid();
  facts.pci_bus_id = card.pci_bus_id();
  card.identity = facts.identity();
  return card;
}

/// Boards of one model that give nothing but their model's name: their place tells them apart.
void tell_apart(std::vector<Card>& cards) {
  std::map<std::string, int> count;
  for (const Card& c : cards) ++count[c.identity];
  for (Card& c : cards) {
    if (count[c.identity] == 1) continue;
    DeviceInfo facts = c.views.front();
    if (facts.pci_bus_id.empty()) facts.board.clear();
    c.identity = facts.pci_bus_id.empty() ? facts.identity()
                                          : fmt::format("{}#{}", facts.identity(), facts.index);
  }
}

}  // namespace

const DeviceInfo* Card::view(std::string_view backend) const {
  for (const DeviceInfo& v : views)
    if (v.backend == backend) return &v;
  return nullptr;
}

std::string Card::uuid() const {
  std::string found;
  for (const DeviceInfo& v : views) {
    if (is_mig(v.uuid)) return v.uuid;  // the slice, where another API names the whole card
    if (found.empty()) found = v.uuid;
  }
  return found;
}

std::string Card::pci_bus_id() const { return pci_of(views); }

std::string normal_pci(std::string_view text) {
  const std::string address = lower(text);
  std::array<unsigned, 4> part{};  // domain, bus, device, function
  int used = 0;
  const int length = static_cast<int>(address.size());
  const auto whole = [&](int wanted, int read) { return read == wanted && used == length; };
  if (address.empty() || address.find_first_not_of("0123456789abcdef:.") != std::string::npos)
    return "";
  const char* s = address.c_str();
  // NOLINTBEGIN(cert-err34-c): of so few digits each that no number overflows
  const bool parsed =
      whole(4,
            std::sscanf(s, "%8x:%2x:%2x.%1x%n", &part[0], &part[1], &part[2], &part[3], &used)) ||
      (part = {}, whole(3, std::sscanf(s, "%2x:%2x.%1x%n", &part[1], &part[2], &part[3], &used))) ||
      (part = {}, whole(3, std::sscanf(s, "%8x:%2x:%2x%n", &part[0], &part[1], &part[2], &used)));
  // NOLINTEND(cert-err34-c)
  if (!parsed) return "";
  return fmt::format("{:04x}:{:02x}:{:02x}.{:x}", part[0], part[1], part[2], part[3]);
}

std::vector<Card> merge_cards(std::span<const DeviceInfo> views, const std::string& platform) {
  std::vector<DeviceInfo> all(views.begin(), views.end());
  for (DeviceInfo& v : all) v.pci_bus_id = normal_pci(v.pci_bus_id);
  drop_worthless_uuids(all);

  std::vector<Card> cards;
  for (const Group& g : join_by_pci(group_by_uuid(all)))
    cards.push_back(make_card(best_views(g, platform)));
  tell_apart(cards);

  const auto key = [](const Card& c) {
    const std::string pci = c.pci_bus_id();
    const DeviceInfo& v = c.views.front();
    return std::tuple(c.device_class, pci.empty(), pci, c.uuid(), v.backend, v.platform, v.index);
  };
  std::sort(cards.begin(), cards.end(),
            [&](const Card& a, const Card& b) { return key(a) < key(b); });
  return cards;
}

Inventory take_inventory(std::span<const Backend> table, std::span<const std::string> names,
                         const std::string& platform) {
  Inventory inventory;
  std::vector<DeviceInfo> views;
  for (const Backend& b : table) {
    if (!names.empty() && std::find(names.begin(), names.end(), b.name) == names.end()) continue;
    Found found = b.list();
    if (found.devices.empty())
      inventory.absent.push_back(
          {b.name, found.why_none.empty() ? "no device found" : found.why_none});
    std::move(found.devices.begin(), found.devices.end(), std::back_inserter(views));
  }
  inventory.cards = merge_cards(views, platform);
  for (const char* name : {"CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES",
                           "GPU_DEVICE_ORDINAL", "ZE_AFFINITY_MASK", "POCL_DEVICES"})
    if (const char* value = std::getenv(name); value != nullptr)
      inventory.masks.push_back(fmt::format("{}='{}'", name, value));
  return inventory;
}

bool is_wanted(const Card& card, const Wanted& wanted) {
  const auto& types = wanted.types;
  if (!types.empty() &&
      std::find(types.begin(), types.end(), name_of(card.device_class)) == types.end())
    return false;
  return wanted.platform.empty() ||
         std::any_of(card.views.begin(), card.views.end(),
                     [&](const DeviceInfo& v) { return v.platform == wanted.platform; });
}

std::string describe(const Card& card) {
  std::string type = name_of(card.device_class);
  if (type != "emulated")
    std::transform(type.begin(), type.end(), type.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return fmt::format("{} \"{}\" ({})", type, card.name(), card.identity);
}

}  // namespace cardwise
