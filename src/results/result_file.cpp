// SPDX-License-Identifier: Apache-2.0
// The one result file of a run: the schema of results/README.md, whole on disk at every moment.
#include "results/result_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <limits>
#include <map>

#include "results/atomic_file.hpp"
#include "results/background_write.hpp"
#include "results/case_writer.hpp"
#include "results/hdf5_handles.hpp"
#include "results/schema.hpp"
#include "results/table_writer.hpp"
#include "results/telemetry_writer.hpp"

namespace cardwise {
namespace {

constexpr std::size_t increment = std::size_t{64} << 20;  // of the image in memory, bytes

/// Half the entries of a chunk index's node. Each of a case's arrays has a node of its own: HDF5's
/// default of 32 makes them three quarters of a small run's file.
constexpr unsigned chunks_per_half_node = 8;

/// A file that lives in memory and never touches the disk by itself.
h5::Handle memory_file(const std::string& name) {
  h5::check(H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr), "HDF5 error printing");
  const h5::Handle access(H5Pcreate(H5P_FILE_ACCESS), "HDF5 file access properties");
  h5::check(H5Pset_fapl_core(access.id(), increment, false), "HDF5 core driver");
  h5::check(H5Pset_libver_bounds(access.id(), H5F_LIBVER_EARLIEST, H5F_LIBVER_V18),
            "HDF5 versions");
  const h5::Handle creation(H5Pcreate(H5P_FILE_CREATE), "HDF5 file creation properties");
  h5::check(H5Pset_istore_k(creation.id(), chunks_per_half_node), "HDF5 chunk index");
  return {H5Fcreate(name.c_str(), H5F_ACC_TRUNC, creation.id(), access.id()),
          "make the result file in memory"};
}

std::string safe_name(const std::string& system) {
  std::string name = system;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.') c = '_';
  if (name.empty() || name.find_first_not_of('.') == std::string::npos) return "unknown";
  return name;
}

}  // namespace

std::filesystem::path result_path(const std::filesystem::path& output, const std::string& system,
                                  const std::string& created_utc, const std::string& run_id) {
  if (output.extension() == ".h5") return output;
  std::string stamp = created_utc;
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
  return output / safe_name(system) / created_utc.substr(0, 4) /
         fmt::format("{}-{}.h5", stamp,
                     run_id.substr(run_id.size() - std::min<std::size_t>(8, run_id.size())));
}

class ResultFile::Impl {
 public:
  explicit Impl(const std::filesystem::path& path)
      : disk(std::make_shared<AtomicFile>(path)), file(memory_file(path.filename().string())) {}

  CaseWriter& case_at(int index) {
    if (index < 0 || static_cast<std::size_t>(index) >= cases.size())
      throw Error(
          fmt::format("{}: no case {} among {}", disk->path().string(), index, cases.size()));
    return cases[static_cast<std::size_t>(index)];
  }

  /// What the writer counts itself.
  void refresh_row(int index) {
    CaseRow& row = index_table.row(static_cast<std::size_t>(index));
    row.rounds = case_at(index).rounds();
    row.samples = case_at(index).samples();
  }

  void store_run() {
    std::apply(
        [&](const auto&... field) {
          ((run_made && detail::same(run.*field.member, stored_run.*field.member)
                ? void()
                : h5::set_attribute(file.id(), field.name, run.*field.member)),
           ...);
        },
        schema::root_attributes());
    if (!run_made || run.provenance != stored_run.provenance) store_provenance();
    stored_run = run;
    run_made = true;
  }

  void store_provenance() {
    std::map<std::string, std::string> texts;
    for (const schema::Text& known : schema::provenance()) texts[known.name];
    for (const auto& [name, text] : run.provenance) texts[name] = text;
    if (h5::exists(file.id(), "provenance")) h5::remove(file.id(), "provenance");
    const h5::Handle group = h5::create_group(file.id(), "provenance");
    for (const auto& [name, text] : texts) {
      const h5::Handle dataset = h5::create_dataset(group.id(), name, h5::text_type(), {});
      const char* pointer = text.c_str();
      h5::check(H5Dwrite(dataset.id(), h5::text_type(), H5S_ALL, H5S_ALL, H5P_DEFAULT, &pointer),
                "write provenance " + name);
    }
  }

  AtomicFile::Image image() {
    h5::check(H5Fflush(file.id(), H5F_SCOPE_GLOBAL), "flush the result file");
    const auto size = h5::check(H5Fget_file_image(file.id(), nullptr, 0), "size of the image");
    AtomicFile::Image bytes(static_cast<std::size_t>(size));
    h5::check(H5Fget_file_image(file.id(), bytes.data(), bytes.size()), "image of the file");
    return bytes;
  }

  std::shared_ptr<AtomicFile> disk;
  std::unique_ptr<BackgroundWrite> write;  ///< under way
  double image_s = 0;                      ///< what its image cost
  h5::Handle file;
  RunRecord run, stored_run;
  bool run_made = false;
  std::int64_t checkpoints = 0;
  TableWriter<NodeRow> nodes{"nodes", "node"};
  TableWriter<RankRow> ranks{"ranks", "rank"};
  TableWriter<KernelRow> kernels{"kernels", "kernel"};
  TableWriter<CaseRow> index_table{"index", "case"};
  TableWriter<EventRow> events{"events", "event", true};
  TelemetryWriter telemetry;
  std::vector<CaseWriter> cases;
};

ResultFile::ResultFile(const std::filesystem::path& file, const RunRecord& run)
    : impl_(std::make_unique<Impl>(file)) {
  h5::set_attribute(impl_->file.id(), "schema_name", std::string(schema::name));
  h5::set_attribute(impl_->file.id(), "schema_version", std::string(schema::version));
  h5::create_group(impl_->file.id(), "cases");
  set_run(run);
}

ResultFile::~ResultFile() = default;

void ResultFile::set_nodes(const std::vector<NodeRow>& rows) { impl_->nodes.assign(rows); }
void ResultFile::set_ranks(const std::vector<RankRow>& rows) { impl_->ranks.assign(rows); }
void ResultFile::set_kernels(const std::vector<KernelRow>& rows) { impl_->kernels.assign(rows); }
void ResultFile::add_event(const EventRow& row) { impl_->events.append(row); }

void ResultFile::set_cases(const std::vector<CaseRow>& rows, const std::vector<CaseFacts>& facts) {
  if (!impl_->cases.empty() || rows.size() != facts.size())
    throw Error(fmt::format("{}: cases are set once, with facts for each ({} rows, {} facts)",
                            path().string(), rows.size(), facts.size()));
  std::vector<CaseRow> index = rows;
  impl_->cases.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string group = fmt::format("cases/{:05}", i);
    index[i].group_path = "/" + group;
    impl_->cases.emplace_back(impl_->file.id(), group, rows[i], facts[i]);
  }
  impl_->index_table.assign(std::move(index));
  for (std::size_t i = 0; i < rows.size(); ++i) impl_->refresh_row(static_cast<int>(i));
}

void ResultFile::append(const VisitRows& visit) {
  impl_->case_at(visit.case_index).append(visit);
  impl_->refresh_row(visit.case_index);
}

void ResultFile::set_case(int index, const CaseRow& row, const CaseFacts& facts,
                          const std::optional<Wrong>& wrong) {
  impl_->case_at(index).update(row, facts, wrong);
  CaseRow& stored = impl_->index_table.row(static_cast<std::size_t>(index));
  const std::string group = stored.group_path;
  stored = row;
  stored.group_path = group;
  impl_->refresh_row(index);
}

void ResultFile::set_recheck(int index, const std::vector<RecheckRow>& rows) {
  impl_->case_at(index).set_recheck(rows);
}

void ResultFile::set_telemetry(const std::vector<float>& seconds,
                               const std::vector<std::vector<float>>& sm_mhz,
                               const std::vector<std::vector<float>>& power_w,
                               const std::vector<std::vector<float>>& temp_c) {
  impl_->telemetry.assign(seconds, {sm_mhz, power_w, temp_c});
}

void ResultFile::set_run(const RunRecord& run) { impl_->run = run; }

void ResultFile::begin_checkpoint() {
  if (writing()) throw Error(path().string() + ": the last checkpoint is still being written");
  const auto start = std::chrono::steady_clock::now();
  const hid_t file = impl_->file.id();
  impl_->run.checkpoint_no = ++impl_->checkpoints;
  impl_->store_run();
  impl_->nodes.store(file);
  impl_->ranks.store(file);
  impl_->kernels.store(file);
  impl_->index_table.store(file);
  impl_->events.store(file);
  impl_->telemetry.store(file);
  AtomicFile::Image image = impl_->image();
  impl_->image_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  impl_->write = std::make_unique<BackgroundWrite>(impl_->disk, std::move(image));
}

std::optional<double> ResultFile::end_checkpoint(double most_s) {
  if (!writing()) throw Error(path().string() + ": no checkpoint is being written");
  try {
    const std::optional<double> write_s = impl_->write->wait(most_s);
    if (!write_s) return {};
    impl_->write.reset();
    return impl_->image_s + *write_s;
  } catch (...) {
    impl_->write.reset();
    throw;
  }
}

bool ResultFile::writing() const { return impl_->write != nullptr; }

double ResultFile::checkpoint() {
  begin_checkpoint();
  return end_checkpoint(std::numeric_limits<double>::infinity()).value();
}

bool ResultFile::write_last_image() noexcept { return impl_->disk->write_pending(); }

const std::filesystem::path& ResultFile::path() const { return impl_->disk->path(); }

}  // namespace cardwise
