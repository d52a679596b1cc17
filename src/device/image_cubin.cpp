// SPDX-License-Identifier: Apache-2.0
// Entries of a cubin with the sizes of their parameters: ELF, whose sections .nv.info.KERNEL list
// them (as ptxas 11.8, 12.0 and 13.0 write it; `cuobjdump -elf` shows the same).
#include <elf.h>
#include <fmt/format.h>

#include <cstdint>
#include <cstring>

#include "core/error.hpp"
#include "device/image_code.hpp"

namespace cardwise {
namespace {

constexpr Elf64_Half em_cuda = 190;
constexpr Elf64_Word sht_cuda_info = 0x70000000;
constexpr unsigned char sto_cuda_entry = 0x10;
constexpr std::size_t longest_name = 4096;  // of a manifest's texts, too

[[noreturn]] void fail(const std::string& what) { throw Error("it is no whole cubin: " + what); }

/// Any bytes as an ELF file: no place outside of them is read, and none more often than it is long.
class Cubin {
 public:
  explicit Cubin(std::span<const std::byte> bytes) : bytes_(bytes) {
    if (bytes.size() < sizeof head_) fail("too short for an ELF header");
    head_ = at<Elf64_Ehdr>(0);
    if (std::memcmp(head_.e_ident, ELFMAG, SELFMAG) != 0) fail("it does not begin as ELF");
    if (head_.e_ident[EI_CLASS] != ELFCLASS64 || head_.e_ident[EI_DATA] != ELFDATA2LSB ||
        head_.e_machine != em_cuda)
      fail(fmt::format("it is ELF for machine {}, not for NVIDIA's cards", head_.e_machine));
    if (head_.e_shentsize != sizeof(Elf64_Shdr) || head_.e_shstrndx >= head_.e_shnum)
      fail("it has no table of sections");
    part(head_.e_shoff, head_.e_shnum * sizeof(Elf64_Shdr), "its table of sections");
    for (std::size_t i = 0; i < head_.e_shnum; ++i) {
      sections_.push_back(at<Elf64_Shdr>(head_.e_shoff + i * sizeof(Elf64_Shdr)));
      if (sections_[i].sh_type != SHT_NOBITS && sections_[i].sh_type != SHT_NULL)
        part(sections_[i].sh_offset, sections_[i].sh_size, fmt::format("section {}", i));
    }
  }

  const std::vector<Elf64_Shdr>& sections() const { return sections_; }

  /// Of a section; "" where there is none.
  std::string_view name(const Elf64_Shdr& section) const {
    return text(head_.e_shstrndx, section.sh_name);
  }

  /// What stands in a table of texts.
  std::string_view text(std::size_t table, std::size_t offset) const {
    if (table >= sections_.size() || sections_[table].sh_type != SHT_STRTAB) return {};
    const std::string_view all = content(sections_[table]);
    if (offset >= all.size()) return {};
    const std::string_view from = all.substr(offset, longest_name);
    const std::size_t end = from.find('\0');
    return end == std::string_view::npos ? std::string_view() : from.substr(0, end);
  }

  std::string_view content(const Elf64_Shdr& section) const {
    if (section.sh_type == SHT_NOBITS || section.sh_type == SHT_NULL) return {};
    return {reinterpret_cast<const char*>(bytes_.data()) + section.sh_offset, section.sh_size};
  }

  /// Sections that overlap would be read again and again.
  std::string_view content_once(const Elf64_Shdr& section) {
    const std::string_view found = content(section);
    if ((read_ += found.size()) > bytes_.size()) fail("its sections overlap");
    return found;
  }

  /// The card's machine code: where it stands has changed with version 8 of the format (CUDA 13).
  std::string target() const {
    const unsigned version = head_.e_ident[EI_ABIVERSION];
    if (version == 7) return fmt::format("sm_{}", head_.e_flags & 0xffU);
    if (version == 8) return fmt::format("sm_{}", head_.e_flags >> 8U & 0xffU);
    return "";
  }

 private:
  void part(std::uint64_t offset, std::uint64_t size, const std::string& what) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset)
      fail(fmt::format("{} ends behind its {} bytes", what, bytes_.size()));
  }

  template <class T>
  T at(std::size_t offset) const {
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }

  std::span<const std::byte> bytes_;
  Elf64_Ehdr head_{};
  std::vector<Elf64_Shdr> sections_;
  std::size_t read_ = 0;
};

template <class T>
T number(std::string_view bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

/// Size by place in the list. An attribute is its format, its number, and four bytes or, in the
/// format 4, a size with as many bytes behind it.
std::vector<std::string> parameters(const std::string& kernel, std::string_view info) {
  constexpr unsigned char sized = 4, short_sizes = 0x17, long_sizes = 0x45;
  std::map<std::uint16_t, unsigned> sizes;
  while (!info.empty()) {
    if (info.size() < 4) fail(fmt::format("what it says of {} is cut off", kernel));
    const auto format = number<unsigned char>(info, 0), attribute = number<unsigned char>(info, 1);
    const std::size_t size = format == sized ? number<std::uint16_t>(info, 2) : 0;
    if (size > info.size() - 4) fail(fmt::format("what it says of {} is cut off", kernel));
    const std::string_view value = info.substr(4, size);
    info.remove_prefix(4 + size);
    if (format != sized || (attribute != short_sizes && attribute != long_sizes)) continue;
    if (size < 12) fail(fmt::format("what it says of {} is cut off", kernel));
    const unsigned bytes = attribute == short_sizes ? number<std::uint32_t>(value, 8) >> 18U
                                                    : number<std::uint16_t>(value, 8);
    if (!sizes.emplace(number<std::uint16_t>(value, 4), bytes).second)
      fail(fmt::format("it says twice what an argument of {} is", kernel));
  }
  std::vector<std::string> found;
  for (const auto& [place, bytes] : sizes) {
    if (place != found.size())
      fail(fmt::format("it does not say what argument {} of {} is", found.size(), kernel));
    found.push_back(fmt::format("{} bytes", bytes));
  }
  return found;
}

}  // namespace

CodeFacts read_cubin(std::span<const std::byte> bytes) {
  constexpr std::string_view info_front = ".nv.info.", code_front = ".text.";
  CodeFacts facts;
  Cubin cubin(bytes);
  facts.target = cubin.target();
  std::map<std::string_view, const Elf64_Shdr*> infos;
  for (const Elf64_Shdr& section : cubin.sections())
    if (section.sh_type == sht_cuda_info && cubin.name(section).starts_with(info_front))
      infos.emplace(cubin.name(section).substr(info_front.size()), &section);
  for (const Elf64_Shdr& table : cubin.sections()) {
    if (table.sh_type != SHT_SYMTAB) continue;
    const std::string_view symbols = cubin.content_once(table);
    for (std::size_t i = 0; i + sizeof(Elf64_Sym) <= symbols.size(); i += sizeof(Elf64_Sym)) {
      const auto symbol = number<Elf64_Sym>(symbols, i);
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || (symbol.st_other & sto_cuda_entry) == 0)
        continue;
      const std::string name(cubin.text(table.sh_link, symbol.st_name));
      if (symbol.st_shndx >= cubin.sections().size()) continue;  // declared, not here
      const Elf64_Shdr& code = cubin.sections()[symbol.st_shndx];
      if (name.empty() || cubin.content(code).empty() ||
          cubin.name(code) != std::string(code_front) + name || facts.kernels.contains(name))
        continue;
      const auto info = infos.find(name);
      facts.kernels.emplace(name, info == infos.end()
                                      ? std::vector<std::string>()
                                      : parameters(name, cubin.content_once(*info->second)));
    }
  }
  return facts;
}

}  // namespace cardwise
