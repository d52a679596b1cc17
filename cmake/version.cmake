# SPDX-License-Identifier: Apache-2.0
# Writes version.cpp anew at every build, so that --version and the file name the true revision.
set(version_file ${CMAKE_BINARY_DIR}/generated/version.cpp)
add_custom_target(cardwise_version
  COMMAND ${CMAKE_COMMAND} -DOUT=${version_file} -DSOURCE=${CMAKE_SOURCE_DIR}
          -DREVISION=${CARDWISE_GIT_REVISION} -DVERSION=${PROJECT_VERSION} -DTYPE=${CMAKE_BUILD_TYPE}
          "-DCOMPILER=${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}"
          "-DFLAGS=${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${CMAKE_BUILD_TYPE}}"
          -DCUDA=${CARDWISE_HAVE_CUDA} -DNVML=${CARDWISE_HAVE_NVML}
          -DBENCHMARK=${benchmark_VERSION} -DHDF5=${HDF5_VERSION}
          -P ${CMAKE_SOURCE_DIR}/cmake/write_version.cmake
  BYPRODUCTS ${version_file} VERBATIM)
add_library(cardwise_version_text STATIC ${version_file})
add_dependencies(cardwise_version_text cardwise_version)
target_include_directories(cardwise_version_text PRIVATE ${CMAKE_SOURCE_DIR}/src)
target_link_libraries(cardwise_core PUBLIC cardwise_version_text)
