// SPDX-License-Identifier: Apache-2.0
// The cards that the CUDA double pretends to have.
#include "cards.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace cuda_double {
namespace {

std::string hex_of(const std::array<unsigned char, 16>& uuid) {
  std::string text;
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    std::array<char, 4> byte{};
    std::snprintf(byte.data(), byte.size(), "%02x", static_cast<unsigned>(uuid[i]));
    text += (i == 4 || i == 6 || i == 8 || i == 10) ? "-" : "";
    text += byte.data();
  }
  return text;
}

std::array<unsigned char, 16> parse_uuid(const std::string& text) {
  std::string digits;
  for (const char c : text.substr(text.find('-') + 1)) {
    if (c != '-') digits += c;
  }
  if (digits.size() != 32) throw std::runtime_error("not a UUID: " + text);
  std::array<unsigned char, 16> uuid{};
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    uuid[i] = static_cast<unsigned char>(std::stoul(digits.substr(2 * i, 2), nullptr, 16));
  }
  return uuid;
}

// The i-th card of a node; nodes differ, so that a UUID names one card of a made-up cluster.
Identity made_up(std::size_t i) {
  Identity card;
  card.uuid = {0xca, 0x4d, 0x01, 0x5e, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 0};
  const char* salt = std::getenv("CARDWISE_CUDA_DOUBLE_SALT");
  card.uuid[14] = static_cast<unsigned char>(salt != nullptr ? std::atoi(salt) : 0);
  card.uuid[15] = static_cast<unsigned char>(i);
  card.physical_uuid = card.uuid;
  std::array<char, 16> pci{};
  std::snprintf(pci.data(), pci.size(), "0000:%02X:00.0", static_cast<unsigned>(0x17 + i) & 0xffU);
  card.pci = pci.data();
  return card;
}

Identity from_json(const nlohmann::json& entry, std::size_t i) {
  Identity card = made_up(i);
  card.name = entry.value("name", card.name);
  card.pci = entry.value("pci", card.pci);
  card.memory_bytes = entry.value("memory_bytes", card.memory_bytes);
  if (entry.contains("uuid")) {
    const std::string uuid = entry["uuid"];
    card.uuid = parse_uuid(uuid);
    // Of a slice the whole card's UUID stays the made-up one: they differ.
    if (!uuid.starts_with("MIG-")) card.physical_uuid = card.uuid;
  }
  if (entry.contains("compute_capability")) {
    card.cc_major = entry["compute_capability"].at(0);
    card.cc_minor = entry["compute_capability"].at(1);
  }
  return card;
}

std::optional<Identity> find(const std::vector<Identity>& all, const std::string& entry) {
  if (entry.starts_with("GPU-") || entry.starts_with("MIG-")) {
    for (const Identity& card : all) {
      const std::string kind = card.uuid == card.physical_uuid ? "GPU-" : "MIG-";
      if ((kind + hex_of(card.uuid)).starts_with(entry)) return card;
    }
    return std::nullopt;
  }
  if (entry.empty() || entry.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  const std::size_t index = std::stoul(entry);
  return index < all.size() ? std::optional(all[index]) : std::nullopt;
}

}  // namespace

std::vector<Identity> all_cards() {
  std::vector<Identity> cards;
  if (const char* path = std::getenv("CARDWISE_CUDA_DOUBLE")) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error(std::string("cannot read ") + path);
    const nlohmann::json list = nlohmann::json::parse(file);
    for (std::size_t i = 0; i < list.size(); ++i) cards.push_back(from_json(list[i], i));
    return cards;
  }
  const char* count = std::getenv("CARDWISE_CUDA_DOUBLE_DEVICES");
  const int wanted = count != nullptr ? std::atoi(count) : 1;
  for (int i = 0; i < wanted; ++i) cards.push_back(made_up(static_cast<std::size_t>(i)));
  return cards;
}

std::vector<Identity> visible_cards() {
  std::vector<Identity> all = all_cards();
  const char* wanted = std::getenv("CUDA_VISIBLE_DEVICES");
  if (wanted == nullptr) return all;
  std::vector<Identity> visible;
  std::istringstream entries(wanted);
  for (std::string entry; std::getline(entries, entry, ',');) {
    const std::optional<Identity> card = find(all, entry);
    if (!card) break;
    visible.push_back(*card);
  }
  return visible;
}

}  // namespace cuda_double
