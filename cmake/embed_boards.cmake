# SPDX-License-Identifier: Apache-2.0
# Embeds the FPGA boards and the text of their images. Without Python 3 the program knows no board.
include(cmake/python.cmake)
set(fpga ${CMAKE_SOURCE_DIR}/kernels/fpga)
set(boards_made ${CMAKE_BINARY_DIR}/generated/embedded_boards.cpp)
file(GLOB fpga_files CONFIGURE_DEPENDS ${fpga}/*.py ${fpga}/boards/*.json ${fpga}/intel/*.cl
     ${fpga}/intel/*.h)
if(CARDWISE_PYTHON)
  add_custom_command(OUTPUT ${boards_made}
                     COMMAND ${CARDWISE_PYTHON} -B ${fpga}/embed.py ${boards_made}
                     DEPENDS ${fpga_files} VERBATIM)
else()
  message(STATUS "no python3: built without FPGA boards ('cardwise image build')")
  file(WRITE ${boards_made}
       "#include \"device/fpga_program.hpp\"\nnamespace cardwise {\n"
       "const FpgaProgram fpga_program_table[] = {{}};\nconst unsigned fpga_program_count = 0;\n}\n")
endif()
target_sources(cardwise_device PRIVATE ${boards_made})
