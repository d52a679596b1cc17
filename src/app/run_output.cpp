// SPDX-License-Identifier: Apache-2.0
// Rank 0's side of a run.
#include "app/run_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "app/checkpoints.hpp"
#include "app/ending.hpp"
#include "app/provenance.hpp"
#include "core/text.hpp"
#include "results/binding_table.hpp"
#include "results/console.hpp"
#include "results/result_file.hpp"
#include "results/result_table.hpp"
#include "results/text_table.hpp"
#include "run/checksum_vote.hpp"
#include "run/run_loop.hpp"
#include "run/summary.hpp"

namespace cardwise {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::int64_t utc_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// The first line, and where it ends in a build log some of that.
std::string first_lines(const std::string& text) {
  constexpr int most = 5;
  const std::vector<std::string> lines = split(text, '\n');
  std::string first = lines.empty() ? "" : lines.front();
  if (!first.ends_with("build log:")) return first;
  for (std::size_t i = 1; i < lines.size() && i <= most; ++i) first += "\n    " + lines[i];
  if (lines.size() > most + 1) first += "\n    ... (all of it is in the file)";
  return first;
}

}  // namespace

struct RunOutput::Impl {
  Impl(const Options& o, RunRecord r, const Start& s, std::vector<PlannedCase>& c,
       RunContext& context, std::FILE* stream)
      : options(o),
        record(std::move(r)),
        events(s.events),
        cases(c),
        run(context),
        digests(c.size()),
        votes(c.size()),
        out(stream),
        console(console_on(stream, o.progress)),
        file(result_path(o.output, record.system, record.created_utc, record.run_id), record),
        checkpoints(
            file, o.timeout_s,
            {.complain = [this](const std::string& text) { complain(text); },
             .event = [this](const std::string& text) { event("warning", "file", text); }}) {
    record.ranks = std::int64_t(s.ranks.size());
    record.nodes = std::int64_t(s.nodes.size());
    file.set_run(record);
    file.set_nodes(s.nodes);
    file.set_ranks(s.ranks);
    std::vector<CaseRow> rows;
    std::vector<CaseFacts> facts;
    for (PlannedCase& planned : cases) {
      planned.row.nodes = std::int32_t(s.nodes.size());
      rows.push_back(planned.row);
      facts.push_back(planned.facts);
    }
    file.set_cases(rows, facts);
    for (const EventRow& event : s.events) file.add_event(event);
    ranks = s.ranks;
    console.line(binding_table(s.ranks));
    for (const EventRow& event : s.events)
      if (event.severity != "note") console.line(event.severity + ": " + event.text);
    console.line(fmt::format("{}, {}, profile {}, seed {}; file {}", many(cases.size(), "case"),
                             many(std::size_t(rounds_of(options)), "round"), record.profile,
                             record.seed, file.path().string()));
    const CostTimer timer(run.costs.write_s);
    checkpoints.make({});
  }

  void event(const std::string& severity, const std::string& code, const std::string& text,
             int rank = -1) {
    EventRow row{
        .utc_ns = utc_ns(), .rank = rank, .severity = severity, .code = code, .text = text};
    events.push_back(row);
    file.add_event(row);
  }

  void store(std::vector<GatheredVisit> visits) {
    for (GatheredVisit& visit : visits) {
      flag_peers(visit, ranks);
      const auto index = std::size_t(visit.case_index);
      if (digests[index].median_ns.empty())  // only a visit tells the clock and the kernel
        file.set_case(visit.case_index, cases[index].row, cases[index].facts);
      digests[index].add(visit);
      votes[index].add(visit, ranks);
      file.append({.case_index = visit.case_index,
                   .round = visit.round,
                   .ranks = std::move(visit.ranks),
                   .by_rank = std::move(visit.by_rank)});
      ++visits_saved;
      summarise(cases[index], digests[index], ranks);
    }
    look_for_corruption();
  }

  /// Cards that are outvoted: the case is wrong, also where each result passed its tolerance.
  void look_for_corruption() {
    for (std::size_t i = 0; i < cases.size(); ++i) {
      PlannedCase& planned = cases[i];
      if (planned.wrong) continue;
      const auto verdict = votes[i].verdict(ranks);
      if (!verdict) continue;
      planned.row.status = "wrong";
      planned.row.status_text = verdict->text;
      planned.wrong = Wrong{};
      planned.wrong->count = std::int64_t(verdict->culprits.size());
      if (!verdict->culprits.empty()) {
        planned.wrong->rank = verdict->culprits.front();
        planned.wrong->host = ranks[std::size_t(planned.wrong->rank)].host;
      }
      changed(int(i));
    }
  }

  /// A case that has failed, is wrong or skipped: in the file at once, and said.
  void changed(int index) {
    const PlannedCase& planned = cases[std::size_t(index)];
    file.set_case(index, planned.row, planned.facts, planned.wrong);
    announce(planned.row);
  }

  void announce(const CaseRow& row) {
    const bool skipped = row.status == "skipped";
    event(skipped ? "note" : "error", row.status, row.case_key + ": " + row.status_text);
    if (skipped) return;
    complain(fmt::format("{}: {}: {}", row.status, row.case_key, first_lines(row.status_text)));
  }

  /// What must be seen also where stdout goes to a file.
  void complain(const std::string& text) {
    if (out != stdout) return console.line(text);
    console.pause();
    std::fprintf(stderr, "%s\n", text.c_str());
  }

  void checkpoint(int round, int rounds) {
    mark_partial();
    update_costs();
    file.set_run(record);
    const CostTimer timer(run.costs.write_s);
    checkpoints.make([this, round, rounds, visits = visits_saved] {
      console.checkpoint(round, rounds, visits);
    });
  }

  /// Between first and last visit a case is `partial`.
  void mark_partial() {
    for (std::size_t i = 0; i < cases.size(); ++i) {
      if (!cases[i].active || cases[i].wrong || digests[i].median_ns.empty()) continue;
      CaseRow row = cases[i].row;
      row.status = int(digests[i].median_ns.size()) < rounds_of(options) ? "partial" : "ok";
      PlannedCase copy = cases[i];
      copy.row = row;
      summarise(copy, digests[i], ranks);
      file.set_case(int(i), copy.row, copy.facts);
    }
  }

  void update_costs() {
    const Costs& costs = run.costs;
    record.wall_s = seconds_since(began);
    record.timed_s = costs.timed_s;
    record.agree_s = costs.agree_s;
    record.verify_s = costs.verify_s;
    record.gather_s = costs.gather_s;
    record.write_s = costs.write_s;
  }

  void figures(const std::vector<RankRow>& final_ranks) {
    ranks = final_ranks;
    settle(cases, digests, ranks, [this](const CaseRow& row) { announce(row); });
    file.set_ranks(ranks);
    file.set_kernels(kernels_of(cases));
    for (std::size_t i = 0; i < cases.size(); ++i)
      file.set_case(int(i), cases[i].row, cases[i].facts, cases[i].wrong);
  }

  void store_telemetry(std::span<const std::vector<TelemetrySample>> all) {
    std::size_t longest = 0;
    for (const auto& samples : all) longest = std::max(longest, samples.size());
    std::vector<float> seconds(longest, unknown_f);
    std::vector<std::vector<float>> sm(all.size()), power(all.size()), temp(all.size());
    for (std::size_t r = 0; r < all.size(); ++r)
      for (std::size_t t = 0; t < all[r].size(); ++t) {
        seconds[t] = float(all[r][t].seconds);
        sm[r].push_back(all[r][t].sm_mhz);
        power[r].push_back(all[r][t].power_w);
        temp[r].push_back(all[r][t].temp_c);
      }
    if (longest > 0) file.set_telemetry(seconds, sm, power, temp);
  }

  void print(double wall_s, int code) {
    console.finish();
    print_cases(console, cases, digests, ranks, events, run.costs, wall_s);
    console.line(fmt::format("file: {}", file.path().string()));
    if (checkpoints.failed())
      complain(
          fmt::format("error: the end of the run is NOT in {}: at best that is the last image that "
                      "could be written. See to the disk and run again, or choose another place "
                      "by --output",
                      file.path().string()));
    if (record.exit_reason == "signal")
      complain(
          fmt::format("ended early by a signal{}",
                      checkpoints.failed() ? "" : ": what was measured until then is in the file"));
    if (code != 0) console.line(fmt::format("exit code {}", code));
  }

  const Options& options;
  RunRecord record;
  std::vector<EventRow> events;
  std::vector<PlannedCase>& cases;
  RunContext& run;
  std::vector<Digest> digests;
  std::vector<ChecksumVote> votes;
  std::vector<RankRow> ranks;
  std::FILE* const out;
  Console console;
  ResultFile file;
  Checkpoints checkpoints;
  const Clock::time_point began = Clock::now();
  int visits_saved = 0;
};

RunOutput::RunOutput(const Options& options, RunRecord record, const Start& start,
                     std::vector<PlannedCase>& cases, RunContext& run, std::FILE* out)
    : impl_(std::make_unique<Impl>(options, std::move(record), start, cases, run, out)) {}

RunOutput::~RunOutput() = default;

RoundsHooks RunOutput::hooks() {
  Impl& impl = *impl_;
  return {.progress =
              [&](const RunProgress& p) {
                impl.checkpoints.look();
                impl.console.progress({.round = p.round,
                                       .rounds = p.rounds,
                                       .number = p.number,
                                       .of = p.of,
                                       .case_key = p.case_key,
                                       .median_s = p.median_s,
                                       .elapsed_s = p.elapsed_s,
                                       .left_s = p.left_s});
              },
          .store = [&](std::vector<GatheredVisit> visits) { impl.store(std::move(visits)); },
          .changed = [&](int index) { impl.changed(index); },
          .checkpoint = [&](int round, int rounds) { impl.checkpoint(round, rounds); }};
}

bool RunOutput::checkpoint_due() const { return impl_->checkpoints.due(); }

void RunOutput::write_last_image() noexcept { impl_->file.write_last_image(); }

std::vector<RecheckOrder> RunOutput::recheck_orders(double most_s) {
  Impl& impl = *impl_;
  std::vector<RecheckOrder> orders;
  for (std::size_t i = 0; i < impl.cases.size(); ++i)
    if (auto order = recheck_order(std::int32_t(i), impl.cases[i], impl.digests[i], impl.ranks))
      orders.push_back(std::move(*order));
  if (orders.empty()) return orders;
  impl.checkpoint(rounds_of(impl.options) - 1, rounds_of(impl.options));
  impl.console.line(fmt::format(
      "the slowest cards of {} are measured again, at most {:.0f} s (--no-recheck leaves it out)",
      many(orders.size(), "case"), std::max(1.0, most_s)));
  return orders;
}

void RunOutput::store(const std::vector<Rechecked>& found) {
  for (const Rechecked& of : found)
    impl_->file.set_recheck(of.case_index, of.rows);
}

int RunOutput::finish(RoundsEnd end, const std::vector<RankRow>& ranks,
                      std::span<const std::vector<TelemetrySample>> telemetry, double wall_s) {
  Impl& impl = *impl_;
  impl.figures(ranks);
  impl.store_telemetry(telemetry);
  int code = exit_code_of(end, impl.cases, impl.ranks);
  try {
    impl.run.loop.finish();
  } catch (const std::exception& error) {
    impl.console.line(std::string("error: ") + error.what());
    code = int(ExitCode::ended_early);
  }
  impl.update_costs();
  impl.record.wall_s = wall_s;
  impl.record.finished_utc = now_utc();
  impl.record.exit_reason = name_of(end);
  impl.record.exit_code = code;
  // Every planned visit is stored; a skipped case has none.
  impl.record.complete =
      end == RoundsEnd::done &&
      std::all_of(impl.cases.begin(), impl.cases.end(), [](const PlannedCase& c) {
        return c.row.status == "ok" || c.row.status == "skipped" || c.row.status == "implausible";
      });
  impl.file.set_run(impl.record);
  {
    const CostTimer timer(impl.run.costs.write_s);
    if (!impl.checkpoints.finish()) code = int(ExitCode::ended_early);
  }
  impl.print(wall_s, code);
  return code;
}

void RunOutput::tell(JobResult& result) const {
  for (std::size_t i = 0; i < impl_->cases.size(); ++i) {
    const Slowest slowest = slowest_card(impl_->digests[i]);
    result.rows.push_back(impl_->cases[i].row);
    result.slowest.push_back(slowest.rank);
    result.slowest_excess.push_back(slowest.excess);
  }
}

void skip_what_missing_members_break(const Comm& comm, const RunContext& run,
                                     std::vector<PlannedCase>& cases) {
  if (comm.minimum({run.missing ? -1 : 0})[0] == 0) return;
  for (PlannedCase& planned : cases) {
    if (!planned.communicates()) continue;
    planned.active = false;
    planned.row.status = "skipped";
    planned.row.status_text = "a rank has no card (--allow-missing)";
  }
}

}  // namespace cardwise
