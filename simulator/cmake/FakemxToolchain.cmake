# Compiler and linker settings that every target shares. Knows nothing of libraries or folders.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

find_program(FAKEMX_CCACHE ccache)
mark_as_advanced(FAKEMX_CCACHE)
if(FAKEMX_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${FAKEMX_CCACHE}")
endif()

# Ninja starts two jobs more than there are cores. Units that include Asio need some 400 MB each, so one per core is
# what a small machine can bear.
cmake_host_system_information(RESULT fakemx_cores QUERY NUMBER_OF_LOGICAL_CORES)
set_property(GLOBAL PROPERTY JOB_POOLS compile=${fakemx_cores} link=2)
set(CMAKE_JOB_POOL_COMPILE compile)
set(CMAKE_JOB_POOL_LINK link)

add_compile_options(-fstack-protector-strong)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT FAKEMX_SANITIZE)
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
    add_link_options(LINKER:-z,relro LINKER:-z,now)
endif()

# Assertions stay on in every build type: bounds of standard containers here, FAKEMX_ASSERT in core.
add_compile_definitions(_GLIBCXX_ASSERTIONS)

if(FAKEMX_SANITIZE)
    add_compile_options(-fsanitize=${FAKEMX_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${FAKEMX_SANITIZE} -fno-sanitize-recover=all)
endif()

# There are dozens of test programs to link, and GNU ld takes half a minute more for them than lld where that is installed. What
# users run is linked by the default linker.
find_program(FAKEMX_LLD ld.lld)
mark_as_advanced(FAKEMX_LLD)

if(FAKEMX_FUZZ AND NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "FAKEMX_FUZZ needs clang++ (the preset \"fuzz\" selects it)")
endif()
