// SPDX-License-Identifier: Apache-2.0
// Placement, pinning, opening and the proof that every rank has a card of its own.
#include "app/start.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "app/start_notes.hpp"
#include "core/host_name.hpp"
#include "core/pack_row.hpp"
#include "core/parallel.hpp"
#include "device/backends.hpp"
#include "device/fault_device.hpp"
#include "ranks/cpu_binding.hpp"
#include "ranks/node_facts.hpp"
#include "ranks/placement.hpp"
#include "run/host_clock.hpp"

namespace cardwise {
namespace {

WaitMode wait_mode(const std::string& text) {
  if (text == "yield") return WaitMode::yield;
  if (text == "block") return WaitMode::block;
  return WaitMode::spin;
}

CardRequest request_of(const Options& options) {
  return {.wanted = {.types = options.types, .platform = options.platform},
          .listed = options.cards,
          .allow_sharing = options.allow_sharing};
}

/// Opens the card through every API that sees it.
void open_views(const Card& card, const Options& options, int rank, RunContext& run) {
  for (const DeviceInfo& view : card.views) {
    const auto before = std::chrono::steady_clock::now();
    OpenDevice open;
    open.device = backend(view.backend).open(view, wait_mode(options.wait));
    open.device = with_environments_faults(std::move(open.device), rank, [&run]() -> FaultPlace {
      return {run.watchdog.step(), run.visits};
    });
    open.queue = open.device->queue();
    open.open_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                       std::chrono::steady_clock::now() - before)
                       .count();
    run.devices.emplace(view.backend, std::move(open));
  }
}

void add_sensor_facts(RankRow& row, Sensors& sensors) {
  const CardFacts facts = sensors.facts();
  const SensorReading reading = sensors.read();
  row.device_serial = facts.serial;
  row.vbios_version = facts.vbios_version;
  if (!facts.driver_version.empty()) row.driver_version = facts.driver_version;
  row.power_limit_w = facts.power_limit_w;
  row.power_limit_default_w = facts.power_limit_default_w;
  row.clock_app_mhz = facts.clock_app_mhz;
  row.persistence = std::int8_t(facts.persistence);
  row.mig_mode = std::int8_t(facts.mig_mode);
  row.mps = std::int8_t(facts.mps);
  row.ecc_mode = std::int8_t(facts.ecc_mode);
  row.rows_remapped = facts.rows_remapped;
  row.pcie_gen_max = facts.pcie_gen_max;
  row.pcie_width_max = facts.pcie_width_max;
  row.ecc_corrected_start = reading.ecc_corrected;
  row.ecc_uncorrected_start = reading.ecc_uncorrected;
  row.pcie_replays_start = reading.pcie_replays;
}

std::string joined_backends(const RunContext& run) {
  std::string all;
  for (const auto& [name, open] : run.devices) all += (all.empty() ? "" : ",") + name;
  return all;
}

/// NUMA nodes of the cards of all ranks of this node, for a fair share of its cores.
Share share_on_node(const Comm& comm, int device_numa) {
  // One small gather by everybody; rank 0 hands the table back.
  const std::vector<std::string> all = comm.gather(fmt::format("{} {}", comm.node(), device_numa));
  std::string table;
  for (const std::string& line : all) table += line + "\n";
  table = comm.broadcast(table);
  std::vector<int> numas;
  std::istringstream lines(table);
  for (int node = 0, numa = 0; lines >> node >> numa;)
    if (node == comm.node()) numas.push_back(numa);
  return share_of(numas, comm.local_rank());
}

/// This rank's card, or an explanation (--allow-missing).
struct Chosen {
  LocalView view;
  CardChoice choice;
  std::string missing;
  const Card& card() const { return view.found.cards[choice.index]; }
};

/// Collective: `mine` ("" this rank has a card) with the rank, and the way to go on without it
/// where others have cards and this one has none at all.
std::string with_the_rank(const Comm& comm, const Options& options, const Chosen& chosen,
                          const std::string& mine) {
  const bool some_have = comm.minimum({mine.empty() ? -1 : 0}).front() < 0;
  if (mine.empty() || !some_have) return mine;
  const std::vector<Card>& cards = chosen.view.found.cards;
  const bool has_none = std::none_of(cards.begin(), cards.end(), [&](const Card& c) {
    return is_wanted(c, request_of(options).wanted);
  });
  return fmt::format("rank {}: {}{}", comm.rank(), mine,
                     has_none ? ". --allow-missing measures the others' cards without it" : "");
}

Chosen choose(const Comm& comm, const Options& options, const std::string& host) {
  Chosen chosen;
  together(comm, [&] {
    chosen.view = {.node = comm.node(),
                   .local_rank = comm.local_rank(),
                   .local_size = comm.local_size(),
                   .host = host,
                   .found = take_inventory(backends(), options.backends, options.platform)};
    try {
      chosen.choice = choose_card(chosen.view, request_of(options));
    } catch (const BindingError& error) {
      chosen.missing = error.what();
    }
  });
  if (options.allow_missing) return chosen;
  const std::string why = with_the_rank(comm, options, chosen, chosen.missing);
  together(comm, [&] {
    if (!why.empty()) throw BindingError(why);
  });
  return chosen;
}

Sizes agreed_sizes(const Comm& comm, const Options& options, const RunContext& run) {
  constexpr std::int64_t none = std::int64_t{1} << 60;
  std::int64_t memory = none, allocation = none, llc = 0, kind = 0;
  for (const auto& [name, open] : run.devices) {
    const DeviceInfo& info = open.device->info();
    if (info.memory_bytes > 0) memory = std::min(memory, info.memory_bytes);
    if (info.max_allocation_bytes > 0) allocation = std::min(allocation, info.max_allocation_bytes);
    llc = std::max(llc, info.llc_bytes);
    kind = std::max(kind, std::int64_t(info.device_class));
  }
  const std::vector<std::int64_t> all =
      comm.minimum({memory, allocation, -llc, -kind, std::int64_t(comm.local_size())});
  Sizes sizes;
  sizes.level = level_of(options.profile);
  sizes.memory_bytes = all[0] == none ? 0 : std::uint64_t(all[0]);
  sizes.allocation_bytes = all[1] == none ? 0 : std::uint64_t(all[1]);
  sizes.llc_bytes = std::uint64_t(-all[2]);
  sizes.device_class = DeviceClass(-all[3]);
  sizes.max_bytes = options.max_bytes.value_or(0);
  sizes.ranks = comm.size();
  sizes.ranks_per_node = int(all[4]);
  return sizes;
}

std::vector<std::string> agreed_backends(const Comm& comm, const RunContext& run) {
  std::vector<std::int64_t> has;
  for (const Backend& b : backends()) has.push_back(run.devices.contains(b.name) ? -1 : 0);
  has = comm.minimum(std::move(has));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < has.size(); ++i)
    if (has[i] < 0) names.emplace_back(backends()[i].name);
  return names;
}

template <class Row>
std::vector<Row> gather_rows(const Comm& comm, const Row& mine) {
  std::vector<Row> rows;
  for (const std::string& bytes : comm.gather(pack_row(mine)))
    rows.push_back(unpack_row<Row>(bytes));
  return rows;
}

void prove_binding(const Comm& comm, const Options& options, const Chosen& chosen, Start& s) {
  s.ranks = gather_rows(comm, s.mine);
  const std::vector<std::string> visible =
      comm.gather(visible_cards(chosen.view, request_of(options).wanted));
  together(comm, [&] {
    if (!comm.root()) return;
    BindingVerdict verdict = check_bindings(s.ranks, visible, options.allow_sharing);
    if (!verdict.refusal.empty()) throw BindingError(verdict.refusal);
    s.events.insert(s.events.end(), verdict.events.begin(), verdict.events.end());
    note_missing_api(options, s);
  });
}

/// Collective: one row a node, from the rank that is first on it.
std::vector<NodeRow> gather_nodes(const Comm& comm, const NodeRow& mine) {
  const std::vector<std::string> all =
      comm.gather(comm.local_rank() == 0 ? pack_row(mine) : std::string());
  std::vector<NodeRow> nodes;
  for (const std::string& bytes : all)
    if (!bytes.empty()) nodes.push_back(unpack_row<NodeRow>(bytes));
  return nodes;
}

}  // namespace

void together(const Comm& comm, const std::function<void()>& work) {
  Health mine;
  double code[1] = {0};
  const auto fail = [&](ExitCode exit_code, const char* text) {
    mine.failure = text;
    code[0] = double(int(exit_code));
  };
  try {
    work();
  } catch (const UsageError& error) {
    fail(ExitCode::usage, error.what());
  } catch (const std::exception& error) {
    fail(ExitCode::binding, error.what());
  }
  const Health all = comm.agree(code, mine);
  if (all.failure) throw StartError{ExitCode(int(code[0])), *all.failure};
}

Start start(const Comm& comm, const Options& options, RunContext& run) {
  Start s;
  run.host = host_name();
  run.watchdog.step("", "find the cards");
  Chosen chosen = choose(comm, options, run.host);
  const bool missing_card = !chosen.missing.empty();

  std::unique_ptr<CpuTopology> topology;
  CpuBinding cpus;
  const std::string pci = missing_card ? "" : chosen.card().pci_bus_id();
  together(comm, [&] { topology = std::make_unique<CpuTopology>(); });
  const Share share = share_on_node(comm, topology->numa_of_pci(pci));
  together(comm, [&] { cpus = bind_near_card(*topology, pci, share); });

  if (!missing_card) run.card = chosen.card().identity;
  run.watchdog.card(run.card);
  run.watchdog.step("", "open the card");
  together(comm, [&] {
    if (missing_card) return;
    try {
      open_views(chosen.card(), options, comm.rank(), run);
    } catch (const UsageError&) {
      throw;  // a malformed CARDWISE_FAULT is no missing card
    } catch (const Error& error) {
      if (!options.allow_missing) throw BindingError(run.who() + ": " + error.what());
      chosen.missing = error.what();
      run.devices.clear();
      run.card.clear();
    }
  });
  run.missing = !chosen.missing.empty();
  if (run.missing) {
    s.mine = row_without_card(chosen.view, cpus, chosen.missing);
  } else {
    s.mine = rank_row(chosen.view, chosen.choice, cpus, theoretical_peaks(chosen.card()));
    if (options.telemetry)
      run.sensors = open_sensors(chosen.card().uuid(), chosen.card().pci_bus_id());
    add_sensor_facts(s.mine, *run.sensors);
    const DeviceClass kind = chosen.card().device_class;
    run.host_is_card =
        comm.local_size() == 1 && (kind == DeviceClass::cpu || kind == DeviceClass::emulated);
    run.link_gen_max = s.mine.pcie_gen_max;
    run.link_width_max = s.mine.pcie_width_max;
    for (const auto& [name, open] : run.devices)
      s.mine.mem_free_bytes_start =
          std::max(s.mine.mem_free_bytes_start, open.device->info().memory_free_bytes);
  }
  if (const std::string planted = planted_identity(comm.rank()); !planted.empty())
    s.mine.identity = s.mine.device_uuid = planted;
  s.mine.pid = std::int32_t(getpid());
  s.mine.backends = joined_backends(run);
  const HostClock clock = measure_host_clock();
  s.mine.host_tick_ns = run.host_tick_ns = clock.tick_ns;
  s.mine.host_mark_ns = clock.mark_ns;
  s.mine.launch_call_ns = clock.launch_call_ns;

  if (comm.root()) {
    note_planted_faults(s);
    note_interposers(s);
  }
  prove_binding(comm, options, chosen, s);
  s.nodes = gather_nodes(comm, node_facts(topology->shape()));
  s.backends = agreed_backends(comm, run);
  note_unseen_backends(options, s);
  run.sizes = agreed_sizes(comm, options, run);
  run.limits = limits_of(run.sizes.level);
  run.threads = std::max(1, usable_cpus() / std::max(1, share.count));
  return s;
}

Sizes sizes_of(const Card& card, const Options& options) {
  Sizes sizes;
  sizes.level = level_of(options.profile);
  sizes.device_class = card.device_class;
  sizes.max_bytes = options.max_bytes.value_or(0);
  std::int64_t memory = 0, allocation = 0;
  for (const DeviceInfo& view : card.views) {
    if (view.memory_bytes > 0)
      memory = memory == 0 ? view.memory_bytes : std::min(memory, view.memory_bytes);
    if (view.max_allocation_bytes > 0)
      allocation = allocation == 0 ? view.max_allocation_bytes
                                   : std::min(allocation, view.max_allocation_bytes);
    sizes.llc_bytes =
        std::max(sizes.llc_bytes, std::uint64_t(std::max<std::int64_t>(0, view.llc_bytes)));
  }
  sizes.memory_bytes = std::uint64_t(memory);
  sizes.allocation_bytes = std::uint64_t(allocation);
  return sizes;
}

}  // namespace cardwise
