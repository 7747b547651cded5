# The functions that declare what fakemx consists of: one library per folder, tests, fuzz targets.

# What every target of the project gets: the include root, the warnings, and the libraries that are plain vocabulary.
add_library(fakemx_base INTERFACE)
target_include_directories(fakemx_base INTERFACE "${PROJECT_SOURCE_DIR}/simulator"
                                                 "${PROJECT_BINARY_DIR}/generated")
target_compile_options(fakemx_base INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                                             -Wno-missing-field-initializers
                                             $<$<BOOL:${FAKEMX_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # Clang's -Wconversion holds more than GCC's. Both compilers are to say the same of the same line.
    target_compile_options(fakemx_base INTERFACE -Wno-sign-conversion -Wno-implicit-int-float-conversion
                                                 -Wno-string-conversion)
elseif(CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
    # GCC 14 finds, with optimization, that a variant moved from one alternative reads the members of the others.
    target_compile_options(fakemx_base INTERFACE -Wno-maybe-uninitialized)
endif()
target_link_libraries(fakemx_base INTERFACE Boost::headers fmt::fmt)

# Headers that nearly every file includes, compiled once. A build from nothing is a third faster with them. ccache, which is of
# more use to whoever builds every few minutes, knows their contents no more and would miss.
set(fakemx_common_headers <algorithm> <array> <chrono> <functional> <map> <memory> <optional> <string> <string_view>
                          <unordered_map> <utility> <variant> <vector> <boost/system/result.hpp> <fmt/format.h>
                          "${PROJECT_SOURCE_DIR}/simulator/core/text.h" "${PROJECT_SOURCE_DIR}/simulator/core/time.h")
if(FAKEMX_PRECOMPILE)
    # GCC forgets which of them belong to the system, and shows what its optimizer suspects in the standard library.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        target_compile_options(fakemx_base INTERFACE -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds
                                                     -Wno-restrict -Wno-maybe-uninitialized -Wno-free-nonheap-object)
    endif()
    file(WRITE "${PROJECT_BINARY_DIR}/generated/precompiled.cpp" "// Carries precompiled headers.\n")
    add_library(fakemx_precompiled OBJECT "${PROJECT_BINARY_DIR}/generated/precompiled.cpp")
    target_link_libraries(fakemx_precompiled PRIVATE fakemx_base)
    target_precompile_headers(fakemx_precompiled PRIVATE ${fakemx_common_headers})
endif()

# fakemx_library(<folder> SOURCES <file>... [USES <folder>...] [LINK <target>...] [LINK_PUBLIC <target>...])
#
# Declares the library fakemx_<folder>. USES names folders to the left of this one: they must already be declared,
# so that the order in simulator/CMakeLists.txt is the order of dependencies. LINK names foreign libraries which the
# folder's headers do not show; LINK_PUBLIC those which they do.
function(fakemx_library folder)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES;LINK;LINK_PUBLIC")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "fakemx_library(${folder}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
    endif()
    set(target fakemx_${folder})
    add_library(${target} STATIC ${arg_SOURCES})
    target_link_libraries(${target} PUBLIC fakemx_base ${arg_LINK_PUBLIC} PRIVATE ${arg_LINK})
    if(FAKEMX_PRECOMPILE)
        target_precompile_headers(${target} REUSE_FROM fakemx_precompiled)
    endif()
    foreach(used IN LISTS arg_USES)
        if(NOT TARGET fakemx_${used})
            message(FATAL_ERROR "fakemx_library(${folder}): ${used} does not stand to its left")
        endif()
        target_link_libraries(${target} PUBLIC fakemx_${used})
    endforeach()
    set_property(GLOBAL APPEND PROPERTY FAKEMX_FOLDERS ${folder})
endfunction()

# fakemx_test_code(<target>)
#
# How everything that belongs to tests is compiled and linked. Half of what is compiled is tests: without optimization they take
# two thirds of the time, and without the checks for undefined behaviour half of what is left. What they test has both. Code of
# the tests that reads what is freed is still found: the address sanitizer stays.
function(fakemx_test_code target)
    target_compile_options(${target} PRIVATE -O0 -g1)
    if(FAKEMX_SANITIZE)
        target_compile_options(${target} PRIVATE -fno-sanitize=undefined)
    endif()
    if(FAKEMX_LLD)
        target_link_options(${target} PRIVATE -fuse-ld=lld)
    endif()
endfunction()

# fakemx_test(<folder> SOURCES <file>... [USES <folder>...] [LINK <target>...])
#
# Declares the test program fakemx_test_<folder>, which links that folder's library, and one ctest entry for it.
function(fakemx_test folder)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES;LINK")
    set(target fakemx_test_${folder})
    add_executable(${target} ${arg_SOURCES})
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
    fakemx_test_code(${target})
    if(FAKEMX_PRECOMPILE)
        target_precompile_headers(${target} REUSE_FROM fakemx_test_precompiled)
    endif()
    target_link_libraries(${target} PRIVATE fakemx_test_main ${arg_LINK})
    foreach(used IN ITEMS ${folder} ${arg_USES})
        target_link_libraries(${target} PRIVATE fakemx_${used})
    endforeach()
    # Tests read transcripts, profiles and corpora from the source tree, by a path relative to its root.
    add_test(NAME unit.${folder} COMMAND ${target} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    # Those that take longest begin first: mostly they have the most files.
    list(LENGTH arg_SOURCES cost)
    set_tests_properties(unit.${folder} PROPERTIES COST ${cost})
endfunction()

# fakemx_fuzz(<name> <file> USES <folder>...)
#
# Declares the fuzz target fakemx_fuzz_<name>. With FAKEMX_FUZZ it is a libFuzzer program; otherwise it replays
# simulator/fuzz/corpus/<name>/ in the ordinary test run.
function(fakemx_fuzz name source)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "USES")
    set(target fakemx_fuzz_${name})
    add_executable(${target} ${source})
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/fuzz")
    foreach(used IN LISTS arg_USES)
        target_link_libraries(${target} PRIVATE fakemx_${used})
    endforeach()
    add_dependencies(fuzz ${target})
    if(FAKEMX_FUZZ)
        target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    else()
        target_link_libraries(${target} PRIVATE fakemx_fuzz_replay)
        if(FAKEMX_LLD)
            target_link_options(${target} PRIVATE -fuse-ld=lld)
        endif()
        add_test(NAME corpus.${name} COMMAND ${target} simulator/fuzz/corpus/${name}
                 WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    endif()
endfunction()
