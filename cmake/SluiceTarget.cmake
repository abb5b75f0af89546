# Flags and helpers every target of the project shares.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

set(SLUICE_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")

add_library(sluice_flags INTERFACE)
target_compile_options(sluice_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
  -fstack-protector-strong -fno-omit-frame-pointer)
target_link_options(sluice_flags INTERFACE -fuse-ld=lld -pie -Wl,-z,relro,-z,now -Wl,--gc-sections -Wl,--as-needed)
target_compile_options(sluice_flags INTERFACE -ffunction-sections -fdata-sections)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_definitions(sluice_flags INTERFACE _FORTIFY_SOURCE=2 _GLIBCXX_ASSERTIONS)
endif()
if(SLUICE_SANITIZE)
  target_compile_options(sluice_flags INTERFACE -fsanitize=${SLUICE_SANITIZE})
  target_link_options(sluice_flags INTERFACE -fsanitize=${SLUICE_SANITIZE})
endif()

# sluice_library(NAME SOURCES... [PUBLIC deps...] [PRIVATE deps...])
function(sluice_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(sluice_${name} STATIC ${ARG_SOURCES})
  add_library(sluice::${name} ALIAS sluice_${name})
  target_include_directories(sluice_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(sluice_${name} PUBLIC sluice_flags ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# Everything a user runs, without the tests.
add_custom_target(programs)

# sluice_program(NAME SOURCES... LINK deps...)
function(sluice_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE sluice_flags ${ARG_LINK})
  add_dependencies(programs ${name})
endfunction()

# For the workers, of which there are many: no shared library but libc, whose relocations every process would
# pay for again.
function(sluice_small_program name)
  sluice_program(${name} ${ARGN})
  if(NOT SLUICE_SANITIZE)
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc)
  endif()
endfunction()
