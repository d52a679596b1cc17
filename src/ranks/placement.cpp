// SPDX-License-Identifier: Apache-2.0
// The choice of a rank's card, with messages that say what is there and what to do.
#include "ranks/placement.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "core/error.hpp"
#include "core/text.hpp"

namespace cardwise {
namespace {

std::string counted(std::size_t n, const std::string& noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

std::string node_name(const LocalView& view) {
  return view.host.empty() ? fmt::format("node {}", view.node) : "node " + view.host;
}

/// "0 GPU "…" (GPU-3f…), 1 …": at most eight cards with the numbers that --card takes.
std::string numbered(const std::vector<Card>& cards, const std::vector<std::size_t>& which) {
  std::string text;
  for (std::size_t i = 0; i < which.size() && i < 8; ++i)
    text += fmt::format("{}{} {}", i ? ", " : "", which[i], describe(cards[which[i]]));
  if (which.size() > 8) text += fmt::format(" and {} more", which.size() - 8);
  return text;
}

std::vector<std::size_t> all_of(const std::vector<Card>& cards) {
  std::vector<std::size_t> which(cards.size());
  for (std::size_t i = 0; i < which.size(); ++i) which[i] = i;
  return which;
}

/// What is there instead, and the option that takes it; why each backend is empty-handed.
std::string no_card_text(const LocalView& view, const Wanted& wanted) {
  std::string text =
      fmt::format("no card of type {}{} on {}", join(wanted.types, " or "),
                  wanted.platform.empty() ? "" : fmt::format(" on platform '{}'", wanted.platform),
                  node_name(view));
  std::vector<std::string> types, platforms;
  for (const Card& c : view.found.cards) {
    const std::string type = name_of(c.device_class);
    const bool wrong_type = !is_wanted(c, {.types = wanted.types, .platform = ""});
    if (wrong_type && std::find(types.begin(), types.end(), type) == types.end()) {
      types.push_back(type);
      text += fmt::format(". {} is there: --type {} measures it", describe(c), type);
    }
    for (const DeviceInfo& v : c.views)
      if (!v.platform.empty() &&
          std::find(platforms.begin(), platforms.end(), v.platform) == platforms.end())
        platforms.push_back(v.platform);
  }
  if (!wanted.platform.empty() && !platforms.empty()) {
    std::sort(platforms.begin(), platforms.end());
    text += ". Platforms here: " + join(platforms, "; ");
  }
  for (const Inventory::Absent& a : view.found.absent)
    text += fmt::format(". {}: {}", a.backend, a.why);
  if (!view.found.masks.empty()) text += ". Set here: " + join(view.found.masks, ", ");
  return text + ". `cardwise devices` lists what each node sees";
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// Cards that an entry of --card can mean other than by index.
std::vector<std::size_t> named(const std::vector<Card>& cards, const std::string& entry) {
  const std::string wanted = lower(entry), pci = normal_pci(entry);
  std::vector<std::size_t> exact, prefix;
  for (std::size_t i = 0; i < cards.size(); ++i) {
    const std::string uuid = lower(cards[i].uuid()), bus = cards[i].pci_bus_id();
    const bool starts =
        !uuid.empty() && (uuid.starts_with(wanted) || uuid.starts_with("gpu-" + wanted) ||
                          uuid.starts_with("mig-" + wanted));
    const std::string board = lower(cards[i].views.front().board);
    if (lower(cards[i].identity) == wanted || uuid == wanted || (!pci.empty() && bus == pci) ||
        board == wanted)
      exact.push_back(i);
    else if (starts)
      prefix.push_back(i);
  }
  return exact.empty() ? prefix : exact;
}

std::size_t card_of_entry(const LocalView& view, const std::string& entry) {
  const std::vector<Card>& cards = view.found.cards;
  const auto there = [&] {
    if (cards.empty()) return std::string("this node has no card");
    return fmt::format("{} has {}: {}", node_name(view), counted(cards.size(), "card"),
                       numbered(cards, all_of(cards)));
  };
  if (is_number(entry)) {
    const std::size_t index = entry.size() > 6 ? cards.size() : std::stoul(entry);
    if (index < cards.size()) return index;
    throw BindingError(fmt::format(
        "--card {}: {}{}", entry,
        cards.empty() ? "" : fmt::format("the highest index is {}; ", cards.size() - 1), there()));
  }
  const std::vector<std::size_t> found = named(cards, entry);
  if (found.size() == 1) return found.front();
  if (found.empty())
    throw BindingError(
        fmt::format("--card {}: no UUID or PCI address is that; {}", entry, there()));
  throw BindingError(
      fmt::format("--card {}: that may be {}; give more of it", entry, numbered(cards, found)));
}

CardChoice choose_listed(const LocalView& view, const CardRequest& request) {
  const std::size_t rank = static_cast<std::size_t>(view.local_rank);
  const std::size_t entries = request.listed.size();
  if (rank >= entries && !request.allow_sharing)
    throw BindingError(fmt::format(
        "--card names {}, but {} has {}: name one for each, start fewer ranks a node, or add "
        "--allow-sharing",
        counted(entries, "card"), node_name(view),
        counted(static_cast<std::size_t>(view.local_size), "rank")));
  const std::string& entry = request.listed[rank % entries];
  const std::size_t index = card_of_entry(view, entry);
  const Card& card = view.found.cards[index];
  if (!is_wanted(card, {.types = request.wanted.types, .platform = ""}))
    throw BindingError(fmt::format("--card {}: that is {}; add --type {} to measure it", entry,
                                   describe(card), name_of(card.device_class)));
  if (!is_wanted(card, request.wanted))
    throw BindingError(fmt::format("--card {}: {} is not on platform '{}'", entry, describe(card),
                                   request.wanted.platform));
  const bool more_ranks = static_cast<std::size_t>(view.local_size) > entries;
  return {index, more_ranks ? "shared" : "listed"};
}

}  // namespace

CardChoice choose_card(const LocalView& view, const CardRequest& request) {
  if (!request.listed.empty()) return choose_listed(view, request);
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < view.found.cards.size(); ++i)
    if (is_wanted(view.found.cards[i], request.wanted)) wanted.push_back(i);
  const std::size_t rank = static_cast<std::size_t>(view.local_rank);
  if (wanted.empty()) throw BindingError(no_card_text(view, request.wanted));
  if (wanted.size() == 1) return {wanted.front(), "only_visible"};
  const std::size_t ranks = static_cast<std::size_t>(view.local_size);
  if (request.allow_sharing && ranks > wanted.size())
    return {wanted[rank % wanted.size()], "shared"};
  if (rank < wanted.size()) return {wanted[rank], "local_rank"};
  throw BindingError(
      fmt::format("{} on {} but {} visible to local rank {} ({}): start one rank a card, or add "
                  "--allow-sharing",
                  counted(ranks, "rank"), node_name(view), counted(wanted.size(), "card"),
                  view.local_rank, numbered(view.found.cards, wanted)));
}

namespace {

RankRow row_of_place(const LocalView& view, const CpuBinding& cpus) {
  RankRow row;
  row.host = view.host;
  row.node = view.node;
  row.local_rank = view.local_rank;
  row.pid = getpid();
  row.cpu_mask = cpus.cpu_mask;
  row.cpu_numa = cpus.cpu_numa;
  row.device_numa = cpus.device_numa;
  row.numa_match = cpus.numa_match;
  return row;
}

/// The first view that knows: OpenCL tells no memory clock, CUDA no OpenCL version.
template <class Value>
Value first_known(const Card& card, Value DeviceInfo::*member, const Value& none) {
  for (const DeviceInfo& v : card.views)
    if (v.*member != none) return v.*member;
  return none;
}

}  // namespace

RankRow rank_row(const LocalView& view, const CardChoice& choice, const CpuBinding& cpus,
                 const Peaks& peaks) {
  const Card& card = view.found.cards.at(choice.index);
  const auto text = [&](std::string DeviceInfo::*m) { return first_known(card, m, {}); };
  const auto number = [&](int DeviceInfo::*m) { return first_known(card, m, -1); };
  const auto bytes = [&](std::int64_t DeviceInfo::*m) {
    return first_known(card, m, std::int64_t{-1});
  };
  RankRow row = row_of_place(view, cpus);
  row.identity = card.identity;
  row.binding_rule = choice.rule;
  row.device_class = name_of(card.device_class);
  row.emulated = card.device_class == DeviceClass::emulated ? 1 : 0;
  row.device_name = card.name();
  row.device_uuid = card.uuid();
  row.pci_bus_id = card.pci_bus_id();
  for (const DeviceInfo& v : card.views)
    row.backends += (row.backends.empty() ? "" : ",") + v.backend;
  if (const DeviceInfo* opencl = card.view("opencl")) {
    row.opencl_platform = opencl->platform;
    row.opencl_version = opencl->platform_version;
    row.opencl_c_version = opencl->c_version;
  }
  row.device_vendor = text(&DeviceInfo::vendor);
  row.pci_device_id = text(&DeviceInfo::pci_device_id);
  row.driver_version = text(&DeviceInfo::driver_version);
  row.nvrtc_version = text(&DeviceInfo::nvrtc_version);
  row.board = text(&DeviceInfo::board);
  row.cuda_driver_version = number(&DeviceInfo::cuda_driver_version);
  row.compute_units = number(&DeviceInfo::compute_units);
  row.cc_major = number(&DeviceInfo::cc_major);
  row.cc_minor = number(&DeviceInfo::cc_minor);
  row.clock_max_mhz = number(&DeviceInfo::clock_max_mhz);
  row.mem_clock_mhz = number(&DeviceInfo::mem_clock_mhz);
  row.mem_bus_bits = number(&DeviceInfo::mem_bus_bits);
  row.compute_mode = number(&DeviceInfo::compute_mode);
  row.llc_bytes = bytes(&DeviceInfo::llc_bytes);
  row.mem_total_bytes = bytes(&DeviceInfo::memory_bytes);
  row.mem_free_bytes_start = bytes(&DeviceInfo::memory_free_bytes);
  row.peak_mem = peaks.mem;
  row.peak_f32 = peaks.f32;
  row.peak_f64 = peaks.f64;
  row.peak_source = peaks.source;
  return row;
}

RankRow row_without_card(const LocalView& view, const CpuBinding& cpus, const std::string& why) {
  RankRow row = row_of_place(view, cpus);
  row.status_text = why;
  return row;
}

std::string visible_cards(const LocalView& view, const Wanted& wanted) {
  std::string lines;
  for (const Card& c : view.found.cards)
    if (is_wanted(c, wanted)) lines += fmt::format("{}\t{}\n", c.identity, c.name());
  return lines;
}

}  // namespace cardwise
