// SPDX-License-Identifier: Apache-2.0
// Prints the tables of results/README.md from the writer's own lists, or puts them into that file.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <type_traits>

#include "core/record_fields.hpp"
#include "results/hdf5_handles.hpp"
#include "results/schema.hpp"

namespace {

using namespace cardwise;

constexpr const char* begin_mark = "<!-- schema: begin -->\n";
constexpr const char* end_mark = "<!-- schema: end -->";
constexpr const char* dataset_head =
    "| dataset | axes | type | unit | meaning |\n|---|---|---|---|---|\n";
constexpr const char* attribute_head = "| attribute | type | unit | meaning |\n|---|---|---|---|\n";

std::string code(const std::string& text) {
  return text.empty() ? text : fmt::format("`{}`", text);
}

std::string dataset(const std::string& name, const std::string& axes, const std::string& type,
                    const std::string& units, const std::string& meaning) {
  return fmt::format("| `{}` | {} | {} | {} | {} |\n", name, axes, type, code(units), meaning);
}

std::string attribute(const std::string& name, const std::string& type, const std::string& units,
                      const std::string& meaning) {
  return fmt::format("| `{}` | {} | {} | {} |\n", name, type, code(units), meaning);
}

template <class Row, class Cell>
std::string type_of(const Field<Row, Cell>&) {
  return h5::type_name<Cell>();
}

template <class Row>
std::string table(const std::string& group, const std::string& dimension) {
  std::string text = fmt::format("### Datasets of `/{}`\n\n{}", group, dataset_head);
  text += dataset(dimension, dimension, "i4", "", "0, 1, 2, ...: the dimension's scale");
  for_each_field<Row>([&](const auto& field) {
    text += dataset(field.name, dimension, type_of(field), field.units, field.meaning);
  });
  return text + "\n";
}

std::string root() {
  std::string text = fmt::format("### Attributes of `/`\n\n{}", attribute_head);
  text += attribute("schema_name", "str", "", schema::name);
  text += attribute("schema_version", "str", "", schema::version);
  std::apply(
      [&](const auto&... field) {
        ((text += attribute(field.name, type_of(field), field.units, field.meaning)), ...);
      },
      schema::root_attributes());
  return text + "\n";
}

std::string provenance() {
  std::string text = fmt::format("### Datasets of `/provenance`\n\n{}", dataset_head);
  for (const schema::Text& one : schema::provenance())
    text += dataset(one.name, "", "str", "", one.meaning);
  return text + "\n";
}

std::string attributes(const std::string& of, std::span<const schema::CaseAttribute> list) {
  std::string text = fmt::format("### Attributes of `{}`\n\n{}", of, attribute_head);
  for (const schema::CaseAttribute& one : list)
    text += attribute(one.name, one.type, "", one.meaning);
  return text + "\n";
}

std::string cases() {
  std::string text = fmt::format("### Datasets of `/cases/<nnnnn>`\n\n{}", dataset_head);
  for (const schema::CaseArray& one : schema::case_arrays())
    text += dataset(one.name, one.axes, one.type, one.units, one.meaning);
  text += fmt::format(
      "\n### Datasets of `/cases/<nnnnn>` whose slowest cards were measured again\n\n{}",
      dataset_head);
  for (const schema::CaseArray& one : schema::recheck_arrays())
    text += dataset(one.name, one.axes, one.type, one.units, one.meaning);
  return text + "\n" + attributes("/cases/<nnnnn>", schema::case_attributes()) +
         attributes("/cases/<nnnnn>, wrong only", schema::wrong_attributes()) +
         attributes("/cases/<nnnnn>/time_ns", schema::time_attributes()) +
         attributes("/cases/<nnnnn>/flags", schema::flag_attributes());
}

std::string telemetry() {
  std::string text = fmt::format("### Datasets of `/telemetry`\n\n{}", dataset_head);
  text += dataset("rank", "rank", "i4", "", "world rank: the dimension's scale");
  text += dataset("tick", "tick", "i4", "s", "since the start: the dimension's scale");
  for (const schema::TelemetryArray& one : schema::telemetry_arrays())
    text += dataset(one.name, "rank tick", "f4", one.units, one.meaning);
  return text;
}

std::string whole() {
  return root() + provenance() + table<NodeRow>("nodes", "node") +
         table<RankRow>("ranks", "rank") + table<KernelRow>("kernels", "kernel") +
         table<CaseRow>("index", "case") + cases() + table<EventRow>("events", "event") +
         telemetry();
}

int put_into(const char* path) {
  std::ifstream in(path);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  const std::size_t begin = text.find(begin_mark), end = text.find(end_mark);
  if (begin == std::string::npos || end == std::string::npos) {
    std::fprintf(stderr, "print_schema: %s has no marks for the schema\n", path);
    return 2;
  }
  const std::size_t from = begin + std::string(begin_mark).size();
  text.replace(from, end - from, fmt::format("\n{}\n", whole()));
  std::ofstream out(path);
  out << text;
  return out.flush() ? 0 : 4;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) return put_into(argv[1]);
  std::fputs(whole().c_str(), stdout);
  return 0;
}
