// SPDX-License-Identifier: Apache-2.0
// Checks of a block's buffers: expected checksums by the host once, the card's own by a kernel.
#include "run/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <mutex>

#include "core/page_bytes.hpp"
#include "core/parallel.hpp"
#include "run/case_state.hpp"
#include "run/freivalds.hpp"

namespace cardwise {
namespace {

/// Elements a thread takes at once: few are dear (dot's partial sums), many are cheap.
std::uint64_t chunk_of(const CaseState& s, std::uint64_t n) {
  const std::uint64_t share = n / (std::uint64_t(s.run.threads) * 4);
  return std::clamp<std::uint64_t>(share, 1, std::uint64_t{1} << 16);
}

/// The case's key without its backend: both APIs see the same data.
std::string shared_key(const CaseState& s) {
  Params params = s.planned.params;
  params.set("backend", "any");
  return case_key(s.planned.row.family, s.planned.row.benchmark, params);
}

std::size_t word_bytes(const CaseState& s, const Expectation& e) {
  return e.reference ? s.element_bytes() : 8;
}

/// Expected bits of elements [begin, begin + out.size()).
void expected_words(const CaseState& s, const Expectation& e, std::uint64_t begin,
                    std::vector<std::uint64_t>& out, std::vector<double>& values) {
  if (!e.reference) {
    for (std::size_t j = 0; j < out.size(); ++j) out[j] = mix(e.pattern_seed, begin + j);
    return;
  }
  values.resize(out.size());
  e.reference(begin, begin + out.size(), values.data());
  for (std::size_t j = 0; j < out.size(); ++j) {
    if (std::isnan(values[j]))
      out[j] = s.is_f32() ? 0xFFFFFFFFu : ~std::uint64_t{0};  // untouched: still poison
    else if (s.is_f32())
      out[j] = std::bit_cast<std::uint32_t>(float(values[j]));
    else
      out[j] = std::bit_cast<std::uint64_t>(values[j]);
  }
}

std::uint64_t expected_checksum(CaseState& s, const Expectation& e, std::size_t place) {
  // A pattern may differ between ranks, and is cheap; the others are the same in every round.
  // What a reference computes may follow from the card's shape (dot's groups): n and kernel tell.
  const std::string key =
      fmt::format("{}#{}#{}#{}", shared_key(s), place, e.n, s.planned.row.kernel_sha256);
  if (const auto known = s.run.references.checksums.find(key);
      known != s.run.references.checksums.end())
    return known->second;
  std::vector<std::uint64_t> sums(std::size_t(s.run.threads), 0);
  parallel_for(e.n, chunk_of(s, e.n), s.run.threads,
               [&](std::uint64_t begin, std::uint64_t end, int worker) {
                 std::vector<std::uint64_t> words(end - begin);
                 std::vector<double> values;
                 expected_words(s, e, begin, words, values);
                 std::uint64_t sum = 0;
                 for (std::size_t j = 0; j < words.size(); ++j) sum += mix(begin + j, words[j]);
                 sums[std::size_t(worker)] += sum;
                 s.run.watchdog.beat();
               });
  std::uint64_t total = 0;
  for (const std::uint64_t sum : sums) total += sum;
  s.run.references.checksums[key] = total;
  return total;
}

/// Σ mix(i, word i) of the buffer, by the checksum kernel. Each check has a nonce of its own: sums
/// that an earlier check left in the memory, or that a runtime gives back again, are no sums of
/// this one.
std::uint64_t card_checksum(CaseState& s, Buffer& buffer, std::uint64_t n, std::size_t bytes) {
  const DeviceInfo& info = s.device().info();
  const std::uint64_t group = std::min<std::uint64_t>(group_size(info), 256);
  const auto units = std::uint64_t(std::max(1, info.compute_units));
  const std::uint64_t most = Case(s).single_work_item()             ? 1
                             : info.device_class == DeviceClass::gpu ? units * 16
                                                                     : units * 4;
  const std::uint64_t groups = std::clamp<std::uint64_t>((n + group - 1) / group, 1, most);
  s.replica = s.allocation_of(buffer).replica;
  Kernel& kernel = s.load("checksum", "cw_checksum",
                          {{"GROUP", std::to_string(group)}, {"WORD", bytes == 8 ? "u64" : "u32"}});
  std::unique_ptr<Buffer> partial = s.device().allocate(groups * 8, Memory::device);
  std::vector<std::uint64_t> sums(groups);
  const std::uint64_t nonce = s.nonce();
  Queue& queue = s.queue();
  queue.launch(kernel, {{groups * group, 1, 1}, {group, 1, 1}}, {n, nonce, buffer, *partial});
  queue.read(std::as_writable_bytes(std::span(sums)), *partial);
  queue.wait();
  std::uint64_t total = 0;
  for (std::uint64_t g = 0; g < groups; ++g) total += sums[g] - mix(nonce, g);
  return total;
}

double as_number(const CaseState& s, const Expectation& e, std::uint64_t word) {
  if (!e.reference) return double(word);
  return s.is_f32() ? double(std::bit_cast<float>(std::uint32_t(word)))
                    : std::bit_cast<double>(word);
}

Finding finding(const CaseState& s, const std::string& what, std::int64_t index, std::int64_t count,
                double expected, double found) {
  Finding f;
  f.where = {.rank = s.run.comm.rank(),
             .host = s.run.host,
             .index = index,
             .count = count,
             .expected = expected,
             .found = found};
  f.text =
      fmt::format("wrong result of {}: {}; index {}, expected {:.9g}, found {:.9g}{}", s.run.who(),
                  what, index, expected, found,
                  count > 1 ? fmt::format(", {} elements differ", count) : "");
  return f;
}

/// Element by element, over bytes that are on the host.
class Comparison {
 public:
  void compare(const CaseState& s, const Expectation& e, std::uint64_t begin, const std::byte* data,
               std::size_t bytes, std::uint64_t n) {
    std::vector<std::uint64_t> words(n);
    std::vector<double> values;
    expected_words(s, e, begin, words, values);
    for (std::uint64_t j = 0; j < n; ++j) {
      std::uint64_t found = 0;
      std::memcpy(&found, data + j * bytes, bytes);
      if (found == words[j]) continue;
      const std::lock_guard lock(mutex_);
      if (count_ == 0 || begin + j < index_) {
        index_ = begin + j;
        expected_ = words[j];
        found_ = found;
      }
      ++count_;
    }
  }
  std::optional<Finding> take(const CaseState& s, const Expectation& e, const char* what) const {
    if (count_ == 0) return {};
    return finding(s, what, std::int64_t(index_), std::int64_t(count_), as_number(s, e, expected_),
                   as_number(s, e, found_));
  }

 private:
  std::mutex mutex_;
  std::uint64_t count_ = 0, index_ = 0, expected_ = 0, found_ = 0;
};

std::optional<Finding> compare_on_host(CaseState& s, const Expectation& e,
                                       std::span<const std::byte> data) {
  const std::size_t bytes = word_bytes(s, e);
  Comparison comparison;
  parallel_for(e.n, chunk_of(s, e.n), s.run.threads,
               [&](std::uint64_t begin, std::uint64_t end, int) {
                 comparison.compare(s, e, begin, data.data() + begin * bytes, bytes, end - begin);
               });
  return comparison.take(s, e, "data differ");
}

PageBytes fetch(CaseState& s, Buffer& buffer, std::uint64_t bytes) {
  PageBytes data(bytes);
  s.queue().read(data, buffer);
  s.queue().wait();
  return data;
}

std::optional<Finding> check_expectation(CaseState& s, const Expectation& e, std::size_t place) {
  if (e.buffer == nullptr) return compare_on_host(s, e, e.memory);
  if (std::byte* host = e.buffer->host())
    return compare_on_host(s, e, {host, std::size_t(e.n) * word_bytes(s, e)});
  const std::size_t bytes = word_bytes(s, e);
  const std::uint64_t sum = card_checksum(s, *e.buffer, e.n, bytes);
  if (e.reference) s.visit.result_checksum ^= mix(place, sum);
  const std::uint64_t expected = expected_checksum(s, e, place);
  if (sum == expected) return {};
  const PageBytes data = fetch(s, *e.buffer, e.n * bytes);
  if (auto found = compare_on_host(s, e, data)) return found;
  return finding(s, "the checksum made on the card differs, yet the data read back are right", -1,
                 0, double(expected), double(sum));
}

std::optional<Finding> check_guards(CaseState& s) {
  PageBytes guard(guard_bytes);
  for (std::size_t b = 0; b < s.allocations.size(); ++b) {
    const Allocation& a = s.allocations[b];
    if (!a.on_card) continue;
    s.queue().read(guard, *a.buffer, a.bytes);
    s.queue().wait();
    for (std::size_t j = 0; j < guard.size(); ++j)
      if (guard[j] != std::byte{guard_byte})
        return finding(s, fmt::format("bytes behind buffer {} were written", b),
                       std::int64_t(a.bytes + j), 1, guard_byte, double(guard[j]));
  }
  return {};
}

std::optional<Finding> product_finding(CaseState& s, const char* what,
                                       const std::optional<ProductMismatch>& wrong) {
  if (!wrong) return {};
  return finding(s, fmt::format("{}: a row of C", what), std::int64_t(wrong->row),
                 std::int64_t(wrong->rows), wrong->expected, wrong->found);
}

/// Integers through the same kernel and buffers: exact, finds any single element.
std::optional<Finding> check_integers(CaseState& s, const Product& p, const ProductShape& shape) {
  const std::uint64_t group = group_size(s.device().info());
  const auto fill = [&](Buffer& buffer, std::uint64_t n, std::uint64_t seed) {
    Defines defines{{"REAL", s.is_f32() ? "float" : "double"}, {"GROUP", std::to_string(group)}};
    if (n % group != 0) defines.emplace_back("TAIL", "1");
    Kernel& kernel = s.load("data", "cw_data_integer", defines);
    s.queue().launch(kernel, {{(n + group - 1) / group * group, 1, 1}, {group, 1, 1}},
                     {n, seed, buffer});
  };
  const Initial a{Data::integer, mix(s.data_seed, 101), s.is_f32()};
  const Initial b{Data::integer, mix(s.data_seed, 102), s.is_f32()};
  fill(*p.a, p.m * p.k, a.seed);
  fill(*p.b, p.k * p.n, b.seed);
  s.queue().fill(*p.c, poison_byte, 0, p.m * p.n * s.element_bytes());
  s.launch(s.queue(), s.launched++);
  const PageBytes c = fetch(s, *p.c, p.m * p.n * s.element_bytes());
  return product_finding(s, "integer product",
                         check_integer_product(shape, c.data(), s.is_f32(), a, b,
                                               mix(s.data_seed, 103), s.run.threads));
}

std::optional<Finding> check_product_of(CaseState& s, const Product& p) {
  const ProductShape shape{.m = p.m, .n = p.n, .k = p.k};
  const std::uint64_t elements = p.m * p.n;
  s.visit.result_checksum ^= mix(7, card_checksum(s, *p.c, elements, s.element_bytes()));
  const PageBytes c = fetch(s, *p.c, elements * s.element_bytes());
  References::Product& known = s.run.references.products[shared_key(s)];
  for (std::uint64_t v = 0; v < 2; ++v) {
    const std::uint64_t seed = mix(s.data_seed, 200 + v);
    if (known.rhs[v].empty()) {
      ProductReference made = product_reference(shape, s.allocation_of(*p.a).initial,
                                                s.allocation_of(*p.b).initial, seed, s.run.threads);
      known.rhs[v] = std::move(made.rhs);
      known.bound[v] = std::move(made.bound);
    }
    const ProductReference reference{known.rhs[v], known.bound[v]};
    if (auto f = product_finding(
            s, "product",
            check_product(shape, c.data(), s.is_f32(), reference, seed, s.run.threads)))
      return f;
  }
  return s.round == 0 ? check_integers(s, p, shape) : std::nullopt;
}

std::optional<Finding> check_counter(CaseState& s) {
  std::uint64_t counted = 0;
  s.queue().read(std::as_writable_bytes(std::span(&counted, 1)), *s.counter);
  s.queue().wait();
  counted -= s.counter_start;
  if (counted == s.launched) return {};
  return finding(s, "launches are missing from the counter", 0, 1, double(s.launched),
                 double(counted));
}

}  // namespace

void poison_outputs(CaseState& s) {
  for (const Allocation& a : s.allocations)
    if (a.poisoned) s.queue().fill(*a.buffer, poison_byte, 0, a.bytes);
  for (const Expectation& e : s.expectations)  // the benchmark's own memory, lent as const
    if (e.buffer == nullptr)
      std::memset(const_cast<std::byte*>(e.memory.data()), poison_byte, e.memory.size());
}

void even_out(CaseState& s) {
  for (const Expectation& e : s.expectations)
    while (e.cycle > 0 && s.launched % e.cycle != 1) {
      s.launch(s.queue(), s.launched++);
      s.queue().wait();
    }
}

std::optional<Finding> verify(CaseState& s) {
  s.visit.result_checksum = 0;
  for (std::size_t i = 0; i < s.expectations.size(); ++i)
    if (auto f = check_expectation(s, s.expectations[i], i)) return f;
  if (s.counter != nullptr)
    if (auto f = check_counter(s)) return f;
  for (const auto& check : s.checks)
    if (const auto text = check()) return finding(s, *text, -1, 1, unknown, unknown);
  if (auto f = check_guards(s)) return f;
  if (s.product)
    if (auto f = check_product_of(s, *s.product)) return f;
  return {};
}

}  // namespace cardwise
