# SPDX-License-Identifier: Apache-2.0
# Embeds the text of kernels/*.cl and portable.h, so that one file can be copied to a cluster.
file(GLOB kernel_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/kernels/*.cl)
set(embedded ${CMAKE_BINARY_DIR}/generated/embedded_kernels.cpp)
add_custom_command(
  OUTPUT ${embedded}
  COMMAND ${CMAKE_COMMAND} -DOUT=${embedded} -DDIR=${CMAKE_SOURCE_DIR}/kernels
          -P ${CMAKE_SOURCE_DIR}/cmake/write_embedded.cmake
  DEPENDS ${kernel_files} ${CMAKE_SOURCE_DIR}/kernels/portable.h
          ${CMAKE_SOURCE_DIR}/cmake/write_embedded.cmake
  VERBATIM)
target_sources(cardwise_device PRIVATE ${embedded})
