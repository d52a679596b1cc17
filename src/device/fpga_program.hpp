// SPDX-License-Identifier: Apache-2.0
// FPGA boards and the texts of their images, made from kernels/fpga/ when the program is built.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace cardwise {

/// The text of one image of one board.
struct FpgaProgram {
  const char* board = "";         ///< "520n-mx"
  const char* image = "";         ///< "all", "streams"
  const char* description = "";   ///< kernels/fpga/boards/BOARD.json
  const char* text = "";          ///< OpenCL C
  const char* manifest = "";      ///< all of it that is known before the image is
  const char* connectivity = "";  ///< for v++: which argument lies in which bank
};
extern const FpgaProgram fpga_program_table[];
extern const unsigned fpga_program_count;

std::span<const FpgaProgram> fpga_programs();

/// Throws UsageError naming the boards, or the board's images, that there are.
const FpgaProgram& fpga_program(std::string_view board, std::string_view image);

/// Any program of the board, or null.
const FpgaProgram* any_program_of(std::string_view board);

}  // namespace cardwise
