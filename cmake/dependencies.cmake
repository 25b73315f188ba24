# Every dependency is a Debian package; see DEPS in the Makefile.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CURL REQUIRED)
find_package(CLI11 REQUIRED)
find_package(pugixml REQUIRED)
pkg_check_modules(libgit2 REQUIRED IMPORTED_TARGET libgit2)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(lua REQUIRED IMPORTED_TARGET lua5.4)
pkg_check_modules(libseccomp REQUIRED IMPORTED_TARGET libseccomp)
# Compression: ISA-L where the platform has it, else zlib.
pkg_check_modules(libisal IMPORTED_TARGET libisal)
if(libisal_FOUND)
  set(CARREL_DEFLATE isal CACHE STRING "What compresses results: isal or zlib")
else()
  set(CARREL_DEFLATE zlib CACHE STRING "What compresses results: isal or zlib")
endif()

# The embedded Python is the system's, whatever else is on the PATH.
set(Python_EXECUTABLE /usr/bin/python3)
set(PYBIND11_FINDPYTHON ON)
find_package(Python 3.11 EXACT REQUIRED COMPONENTS Interpreter Development.Module)
find_package(pybind11 REQUIRED)
# The static library that /usr/bin/python3 is made of, a sixth faster than the shared one: see
# runtime/docs/decisions/0016-python-has-a-worker-of-its-own.md. It holds absolute addresses, so
# its programs cannot be position-independent; extension modules need all of its functions.
execute_process(COMMAND ${Python_EXECUTABLE} -c "import sysconfig as s; print(s.get_config_var('LIBPL'))"
                OUTPUT_VARIABLE libpython_directory OUTPUT_STRIP_TRAILING_WHITESPACE
                COMMAND_ERROR_IS_FATAL ANY)
find_library(CARREL_LIBPYTHON libpython3.11.a PATHS ${libpython_directory} NO_DEFAULT_PATH REQUIRED)
find_package(EXPAT REQUIRED)
add_library(carrel_interpreter INTERFACE)
add_library(carrel::interpreter ALIAS carrel_interpreter)
target_link_libraries(carrel_interpreter INTERFACE
  $<LINK_LIBRARY:WHOLE_ARCHIVE,${CARREL_LIBPYTHON}> EXPAT::EXPAT ZLIB::ZLIB m ${CMAKE_DL_LIBS})
target_link_options(carrel_interpreter INTERFACE
  -no-pie LINKER:--export-dynamic-symbol=Py* LINKER:--export-dynamic-symbol=_Py*)

# Bounds what one object of a fetched pack may grow to. Came with Debian's security update of 1.5.1.
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES PkgConfig::libgit2)
check_cxx_source_compiles("
  #include <git2.h>
  int main() { return GIT_OPT_SET_PACK_MAX_OBJECT_SIZE; }" CARREL_LIBGIT2_BOUNDS_OBJECTS)
unset(CMAKE_REQUIRED_LIBRARIES)
if(NOT CARREL_LIBGIT2_BOUNDS_OBJECTS)
  message(FATAL_ERROR "libgit2 ${libgit2_VERSION} cannot bound the size of an object: install "
                      "libgit2-dev 1.5.1+ds-1+deb12u2 or later (bookworm-security)")
endif()
