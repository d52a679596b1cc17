# SPDX-License-Identifier: Apache-2.0
# Writes OUT: a table of name and text of every kernels/*.cl in DIR, portable.h first.
file(GLOB files ${DIR}/*.cl)
list(SORT files)
set(text "// Made from kernels/ by cmake/write_embedded.cmake; do not edit.\n")
string(APPEND text "#include \"device/embedded_kernels.hpp\"\n\nnamespace cardwise {\n")
string(APPEND text "const EmbeddedText embedded_kernels[] = {\n")
foreach(file IN ITEMS ${DIR}/portable.h ${files})
  get_filename_component(name ${file} NAME)
  file(READ ${file} body)
  # A string literal ends at 64 KiB in some compilers, and no kernel comes near it.
  string(APPEND text "    {\"${name}\", R\"cardwise(${body})cardwise\"},\n")
endforeach()
string(APPEND text "};\nconst unsigned embedded_kernel_count = sizeof embedded_kernels / sizeof *embedded_kernels;\n")
string(APPEND text "}  // namespace cardwise\n")
file(WRITE ${OUT} "${text}")
