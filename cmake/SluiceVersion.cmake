# The build id tells a manager whether a child it finds runs the same build. It is made from the version and
# the commit at every build, not only when CMake configures: else an upgrade by `git pull` and a build would
# keep the old id, and no running relay would be replaced.
configure_file(${CMAKE_SOURCE_DIR}/cmake/version.hpp.in ${CMAKE_BINARY_DIR}/generated/base/version.hpp @ONLY)
set(SLUICE_BUILD_ID_SOURCE ${CMAKE_BINARY_DIR}/generated/base/build_id.cpp)
set(write_build_id ${CMAKE_COMMAND} -D SOURCE_DIR=${CMAKE_SOURCE_DIR} -D VERSION=${PROJECT_VERSION}
  -D OUTPUT=${SLUICE_BUILD_ID_SOURCE} -P ${CMAKE_SOURCE_DIR}/cmake/write_build_id.cmake)
add_custom_target(build_id COMMAND ${write_build_id} BYPRODUCTS ${SLUICE_BUILD_ID_SOURCE}
  COMMENT "Asking git for the build id" VERBATIM)
