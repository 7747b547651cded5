# Finds the libraries that fakemx uses and gives each a target. Which folder may link which is said in that folder.

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

# CONFIG: newer CMake versions no longer ship a FindBoost module.
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS json)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)

# The wire format of the domain name system.
pkg_check_modules(LDNS REQUIRED IMPORTED_TARGET ldns)

# Lua compiled as C++. With the C build an error raised by Lua jumps over C++ destructors; CMake's own FindLua picks
# that build, so pkg-config is asked instead.
pkg_check_modules(LUA_CXX REQUIRED IMPORTED_TARGET lua5.4-c++)

# How its functions are named is up to whoever compiled it: as a C++ compiler names them (Debian 13), or as C does (Debian
# 12). The headers do not tell, so the linker is asked; script/lua_api.h includes them accordingly.
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES PkgConfig::LUA_CXX)
set(fakemx_lua_program "int main() { lua_State* L = luaL_newstate(); luaL_openlibs(L); return lua_gettop(L); }")
check_cxx_source_compiles("#include <lua.h>
#include <lualib.h>
#include <lauxlib.h>
${fakemx_lua_program}" FAKEMX_LUA_HAS_CXX_NAMES)
if(NOT FAKEMX_LUA_HAS_CXX_NAMES)
    check_cxx_source_compiles("#include <lua.hpp>\n${fakemx_lua_program}" FAKEMX_LUA_HAS_C_NAMES)
    if(NOT FAKEMX_LUA_HAS_C_NAMES)
        message(FATAL_ERROR "lua5.4-c++ is there for pkg-config, but a program that uses it does not link, neither with C++ "
                            "names nor with C names. CMakeFiles/CMakeConfigureLog.yaml (CMakeError.log before CMake "
                            "3.26) in the build folder has the linker's words.")
    endif()
endif()
unset(CMAKE_REQUIRED_LIBRARIES)
add_library(fakemx_lua INTERFACE)
target_link_libraries(fakemx_lua INTERFACE PkgConfig::LUA_CXX)
if(FAKEMX_LUA_HAS_CXX_NAMES)
    target_compile_definitions(fakemx_lua INTERFACE FAKEMX_LUA_HAS_CXX_NAMES)
endif()

# Decoders for what stands in messages; message/encoding.cpp alone includes it. Without the macros that pkg-config asks for: they would
# keep the folder from using precompiled headers, and nothing of it is about large files.
pkg_check_modules(GMIME REQUIRED gmime-3.0)
add_library(fakemx_gmime INTERFACE)
target_include_directories(fakemx_gmime SYSTEM INTERFACE ${GMIME_INCLUDE_DIRS})
target_link_libraries(fakemx_gmime INTERFACE ${GMIME_LINK_LIBRARIES})
# Which domains belong to one organization (message/identity.cpp).
pkg_check_modules(PSL REQUIRED IMPORTED_TARGET libpsl)

# Asio is compiled once, in net/asio_impl.cpp; every other user sees declarations only.
add_library(fakemx_asio INTERFACE)
target_compile_definitions(fakemx_asio INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
                                                 BOOST_ASIO_NO_TS_EXECUTORS)
target_link_libraries(fakemx_asio INTERFACE Boost::headers Threads::Threads)

if(FAKEMX_TESTS)
    # Catch2 2 and 3 both do: tests/support/catch.h hides the difference.
    find_package(Catch2 REQUIRED)
endif()
