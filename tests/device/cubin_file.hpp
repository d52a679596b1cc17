// SPDX-License-Identifier: Apache-2.0
// A cubin without code, as ptxas 13.0 writes it: what a driver would look a kernel up in.
#pragma once

#include <elf.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cardwise::image_tests {

struct CubinKernel {
  std::string name;
  std::vector<unsigned> bytes;    ///< of each parameter
  std::uint8_t attribute = 0x17;  ///< 0x45: sizes as where all parameters take more than 4 KiB
};

template <class T>
std::string bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// .nv.info.KERNEL: version of the API, then the parameters, the last one first.
inline std::string info_of(const CubinKernel& kernel) {
  std::string info("\x04\x37\x04\0\x82\0\0\0\x01\x35\0\0", 12);
  for (std::size_t i = kernel.bytes.size(); i-- > 0;) {
    info += '\x04' + bytes_of(kernel.attribute) + bytes_of(std::uint16_t{12});
    info += bytes_of(std::uint32_t{0}) + bytes_of(std::uint16_t(i));
    info += bytes_of(std::uint16_t(8 * i));
    info += bytes_of(kernel.attribute == 0x17 ? std::uint32_t(kernel.bytes[i] << 18 | 0x1f000)
                                              : std::uint32_t(kernel.bytes[i]));
  }
  return info + std::string("\x03\x19\x20\0", 4);
}

inline std::string cubin_of(const std::vector<CubinKernel>& kernels, int capability,
                            std::uint8_t abi = 8) {
  std::string names(1, '\0'), symbols(sizeof(Elf64_Sym), '\0'), content;
  std::vector<Elf64_Shdr> sections(1);
  const auto name = [&](const std::string& text) {
    names += text + '\0';
    return Elf64_Word(names.size() - text.size() - 1);
  };
  const auto section = [&](Elf64_Word type, const std::string& called, const std::string& bytes) {
    Elf64_Shdr header{};
    header.sh_name = name(called), header.sh_type = type;
    header.sh_offset = sizeof(Elf64_Ehdr) + content.size(), header.sh_size = bytes.size();
    content += bytes;
    sections.push_back(header);
  };
  for (const CubinKernel& kernel : kernels) {
    section(0x70000000, ".nv.info." + kernel.name, info_of(kernel));
    Elf64_Sym symbol{};
    symbol.st_name = name(kernel.name), symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbol.st_other = 0x10, symbol.st_shndx = Elf64_Half(sections.size()), symbol.st_size = 16;
    symbols += bytes_of(symbol);
    section(SHT_PROGBITS, ".text." + kernel.name, std::string(16, 'x'));
  }
  section(SHT_SYMTAB, ".symtab", symbols);
  sections.back().sh_link = Elf64_Word(sections.size());
  const Elf64_Word own_name = name(".strtab");
  section(SHT_STRTAB, "", names);
  sections.back().sh_name = own_name;
  Elf64_Ehdr head{};
  const std::string ident = std::string("\x7f") + "ELF\x02\x01\x01\x41" + char(abi);
  ident.copy(reinterpret_cast<char*>(head.e_ident), ident.size());
  head.e_type = ET_EXEC, head.e_machine = 190, head.e_version = 1;
  head.e_flags = Elf64_Word(abi == 8 ? capability << 8 | 0x6000004 : capability | 0x500500);
  head.e_shoff = sizeof head + content.size(), head.e_ehsize = sizeof head;
  head.e_shentsize = sizeof(Elf64_Shdr), head.e_shnum = Elf64_Half(sections.size());
  head.e_shstrndx = Elf64_Half(sections.size() - 1);
  std::string file = bytes_of(head) + content;
  for (const Elf64_Shdr& one : sections) file += bytes_of(one);
  return file;
}

}  // namespace cardwise::image_tests
