// SPDX-License-Identifier: Apache-2.0
// latency/roundtrip, submit, dispatch, back2back: what an empty kernel costs, seen four ways.
#include "run/benchmark.hpp"

namespace cardwise {
namespace {

std::vector<Params> always(const Sizes&) { return {Params{}}; }

std::vector<Params> in_standard(const Sizes& sizes) {
  return sizes.at_least(1) ? std::vector<Params>{Params{}} : std::vector<Params>{};
}

/// The "empty" kernel raises a counter by its first work-item: every launch can be told.
struct Empty {
  explicit Empty(Case& c)
      : counter(c.zeros(8)), kernel(c.kernel_with("counter", {{"GROUP", "32"}})) {
    c.expect_launch_count(counter);
  }
  void launch(Queue& q) { q.launch(kernel, {{32, 1, 1}, {32, 1, 1}}, {counter}); }
  Buffer& counter;
  Kernel& kernel;
};

/// Enqueue and wait, by the host's clock.
void roundtrip(Case& c) {
  Empty empty(c);
  c.launches_per_sample(1);
  Queue& q = c.untimed_queue();
  c.measure_host([&](std::uint64_t) {
    empty.launch(q);
    q.wait();
  });
}

/// The enqueue call alone, with an empty queue before it.
void submit(Case& c) {
  Empty empty(c);
  Queue& q = c.untimed_queue();
  c.measure_host([&](std::uint64_t) { empty.launch(q); }, [&](std::uint64_t) { q.wait(); });
}

/// From the host's handing over to the start on the card, by the API's own stamps.
void dispatch(Case& c) {
  if (c.device().info().backend == "cuda") throw Skip("the CUDA driver API has no QUEUED stamp");
  Empty empty(c);
  c.measure_stamps([&](std::uint64_t) {
    const std::unique_ptr<Event> start = c.queue().mark();
    empty.launch(c.queue());
    c.queue().wait();
    return c.device().dispatch_ns(*start);
  });
}

/// A thousand launches between two marks: the rate at which the card takes them.
void back2back(Case& c) {
  Empty empty(c);
  c.launches_per_sample(1000);
  c.measure([&](Queue& q, std::uint64_t) { empty.launch(q); });
}

const Registrar r1{{.family = "latency", .name = "roundtrip", .cases = always, .body = roundtrip}};
const Registrar r2{{.family = "latency", .name = "submit", .cases = in_standard, .body = submit}};
const Registrar r3{
    {.family = "latency", .name = "dispatch", .cases = in_standard, .body = dispatch}};
const Registrar r4{
    {.family = "latency", .name = "back2back", .cases = in_standard, .body = back2back}};

}  // namespace
}  // namespace cardwise
