// SPDX-License-Identifier: Apache-2.0
// The parser of CARDWISE_LYING_OPENCL, and the steps of a visit as a runtime can guess them.
#include "lie.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <stdexcept>

namespace lying_opencl {
namespace {

const std::map<std::string, Call, std::less<>> calls{
    {"create", Call::create}, {"build", Call::build},    {"allocate", Call::allocate},
    {"write", Call::write},   {"launch", Call::launch},  {"wait", Call::wait},
    {"read", Call::read},     {"profile", Call::profile}};

const std::map<std::string, Kind, std::less<>> kinds{{"error", Kind::error},
                                                     {"hang", Kind::hang},
                                                     {"crash", Kind::crash},
                                                     {"skip", Kind::skip},
                                                     {"bit", Kind::bit},
                                                     {"zero", Kind::zero},
                                                     {"nan", Kind::nan},
                                                     {"constant", Kind::constant},
                                                     {"previous", Kind::previous},
                                                     {"stamps-zero", Kind::stamps_zero},
                                                     {"stamps-equal", Kind::stamps_equal},
                                                     {"stamps-reversed", Kind::stamps_reversed},
                                                     {"stamps-wrapped", Kind::stamps_wrapped},
                                                     {"longer", Kind::longer},
                                                     {"steady", Kind::steady},
                                                     {"same-identity", Kind::same_identity}};

constexpr int windows_of_a_block = 32;
constexpr unsigned char guard_byte = 0xA5, poison_byte = 0xFF;

Call default_call(Kind kind) {
  if (kind >= Kind::bit && kind <= Kind::previous) return Call::read;
  if (kind >= Kind::stamps_zero && kind <= Kind::stamps_wrapped) return Call::profile;
  return kind == Kind::same_identity ? Call::identity : Call::launch;
}

std::string_view next_part(std::string_view& rest, char separator) {
  const std::size_t at = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return part;
}

void set(Lie& lie, bool& called, const std::string& key, const std::string& value) {
  if (key == "kind") {
    lie.kind = kinds.at(value);
  } else if (key == "call") {
    lie.call = calls.at(value);
    called = true;
  } else if (key == "rank") {
    lie.rank = value == "all" ? -1 : std::stoi(value);
  } else if (key == "entry") {
    lie.entry = value;
  } else if (key == "step") {
    lie.step = value;
  } else if (key == "visit") {
    lie.visit = std::stoi(value);
  } else if (key == "nth") {
    lie.nth = std::stoull(value);
  } else if (key == "count") {
    lie.count = std::stoull(value);
  } else if (key == "code") {
    lie.code = std::stoi(value);
  } else if (key == "percent") {
    lie.percent = std::stod(value);
  } else if (key == "while" && value == "others-work") {
    lie.together = true;
  } else if (key == "ns") {
    lie.ns = std::stod(value);
  } else if (key == "jitter") {
    lie.jitter = std::stod(value);
  } else if (key == "seed") {
    lie.seed = std::stoull(value);
  } else {
    throw std::invalid_argument(key);
  }
}

int number_of(std::initializer_list<const char*> names, int otherwise) {
  for (const char* name : names)
    if (const char* text = std::getenv(name)) return std::atoi(text);
  return otherwise;
}

}  // namespace

std::vector<Lie> parse_lies(std::string_view text) {
  std::vector<Lie> lies;
  while (!text.empty()) {
    std::string_view part = next_part(text, ';');
    if (part.empty()) continue;
    Lie lie;
    bool called = false, kind = false;
    while (!part.empty()) {
      const std::string pair(next_part(part, ','));
      const std::size_t equals = std::min(pair.find('='), pair.size() - 1);
      try {
        set(lie, called, pair.substr(0, equals), pair.substr(equals + 1));
      } catch (const std::exception&) {
        std::fprintf(stderr, "CARDWISE_LYING_OPENCL: '%s' is not understood\n", pair.c_str());
        std::abort();
      }
      kind = kind || pair.starts_with("kind=");
    }
    if (!kind) {
      std::fprintf(stderr, "CARDWISE_LYING_OPENCL: a lie needs kind=\n");
      std::abort();
    }
    if (!called) lie.call = default_call(lie.kind);
    lies.push_back(std::move(lie));
  }
  return lies;
}

int rank_of_process() {
  return number_of({"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"}, 0);
}

int ranks_of_job() { return number_of({"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_NTASKS"}, 1); }

bool is_harness(const std::string& entry) {
  return entry.starts_with("cw_data_") || entry.starts_with("cw_checksum");
}

bool is_fill(const void* from, std::size_t bytes) {
  const auto* data = static_cast<const unsigned char*>(from);
  if (bytes == 0 || (data[0] != guard_byte && data[0] != poison_byte)) return false;
  return std::memcmp(data, data + 1, bytes - 1) == 0;
}

void spoil(unsigned char* data, std::size_t bytes, Kind kind) {
  const std::size_t words = bytes / 4;
  const auto fill = [&](float value) {
    for (std::size_t i = 0; i < words; ++i) std::memcpy(data + 4 * i, &value, 4);
  };
  if (kind == Kind::bit && bytes > 0) data[bytes / 2 / 4 * 4] ^= 1;
  if (kind == Kind::zero) std::memset(data, 0, bytes);
  if (kind == Kind::constant) fill(1);
  if (kind == Kind::nan) fill(std::numeric_limits<float>::quiet_NaN());
}

void Steps::filled(std::uint8_t byte) {
  if (byte != guard_byte) return;
  if (step_ != "set-up") ++visit_;
  step_ = "set-up";
}

void Steps::launched(bool harness) {
  if (harness) {
    other();
    return;
  }
  launched_since_finish_ = true;
  if (step_ == "measure" && windows_ == windows_of_a_block) step_ = "verify";
  if (step_ == "set-up") step_ = "warm-up";
}

void Steps::finished() {
  if (step_ == "warm-up" && !launched_since_finish_) {
    step_ = "measure";
    windows_ = 0;
  } else if (step_ == "measure" && launched_since_finish_) {
    ++windows_;
  }
  launched_since_finish_ = false;
}

void Steps::other() {
  if (step_ == "measure") step_ = "verify";
}

}  // namespace lying_opencl
