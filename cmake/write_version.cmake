# SPDX-License-Identifier: Apache-2.0
# Writes OUT with the git revision and how the program was built; leaves it alone if unchanged.
execute_process(COMMAND git -C ${SOURCE} rev-parse --short=12 HEAD
                OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
                RESULT_VARIABLE failed)
if(failed)
  set(revision "unknown")
endif()
execute_process(COMMAND git -C ${SOURCE} status --porcelain --untracked-files=no
                OUTPUT_VARIABLE changes ERROR_QUIET)
# What is compiled in by its folder alone changes the program as much as an edit.
execute_process(COMMAND git -C ${SOURCE} ls-files --others --exclude-standard -- bench kernels src
                OUTPUT_VARIABLE new_files ERROR_QUIET)
set(dirty false)
if(REVISION)  # the builder says what it is: a copy of the sources may lie in another repository
  set(revision "${REVISION}")
elseif(changes OR new_files)
  set(dirty true)
endif()
string(REPLACE "FALSE" "false" CUDA "${CUDA}")
string(TOLOWER "${CUDA}" CUDA)
string(TOLOWER "${NVML}" NVML)
set(text "#include \"core/version.hpp\"

namespace cardwise {
const BuildInfo& build_info() {
  static const BuildInfo info{
      .version = \"${VERSION}\", .git_revision = \"${revision}\", .git_dirty = ${dirty},
      .build_type = \"${TYPE}\", .compiler = \"${COMPILER}\", .compiler_flags = \"${FLAGS}\",
      .google_benchmark = \"${BENCHMARK}\", .hdf5 = \"${HDF5}\",
      .cuda_headers = ${CUDA}, .nvml_headers = ${NVML}};
  return info;
}
}  // namespace cardwise
")
set(old "")
if(EXISTS ${OUT})
  file(READ ${OUT} old)
endif()
if(NOT old STREQUAL text)
  file(WRITE ${OUT} "${text}")
endif()
