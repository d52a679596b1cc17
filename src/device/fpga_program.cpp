// SPDX-License-Identifier: Apache-2.0
// Look-up in the table of FPGA programs.
#include "device/fpga_program.hpp"

#include <fmt/format.h>

#include "core/error.hpp"

namespace cardwise {

std::span<const FpgaProgram> fpga_programs() { return {fpga_program_table, fpga_program_count}; }

const FpgaProgram* any_program_of(std::string_view board) {
  for (const FpgaProgram& program : fpga_programs())
    if (board == program.board) return &program;
  return nullptr;
}

const FpgaProgram& fpga_program(std::string_view board, std::string_view image) {
  std::string boards, images;
  for (const FpgaProgram& program : fpga_programs()) {
    if (board == program.board && image == program.image) return program;
    if (board == program.board) images += fmt::format(" {}", program.image);
    if (program.image == std::string_view("all")) boards += fmt::format(" {}", program.board);
  }
  if (fpga_programs().empty())
    throw UsageError("this cardwise was built without python3, and so without FPGA boards");
  if (images.empty())
    throw UsageError(fmt::format("no board '{}'; there are{}", board, boards));
  throw UsageError(fmt::format("board {} has no image '{}'; there are{}", board, image, images));
}

}  // namespace cardwise
