# Gets the source of libtomcrypt 1.18.2, once, into .cache/ beside the build trees.
#
# Debian's orig tarball is upstream's release, byte for byte, so one hash pins both. apt is asked first because it
# follows whatever mirror and proxy the machine has; it works on lists of its own, so that the system's stay untouched.

set(TOMCRYPT_VERSION 1.18.2)
set(TOMCRYPT_SHA256 96ad4c3b8336050993c5bc2cf6c057484f2b0f9f763448151567fbab5e767b84)
set(TOMCRYPT_URL
  https://github.com/libtom/libtomcrypt/releases/download/v${TOMCRYPT_VERSION}/crypt-${TOMCRYPT_VERSION}.tar.xz)

# Copies the machine's package sources into `directory`, as sources of source packages.
function(_tomcrypt_write_apt_sources directory)
  file(GLOB deb822 /etc/apt/sources.list.d/*.sources)
  foreach(path IN LISTS deb822)
    file(READ ${path} text)
    string(REGEX REPLACE "(^|\n)Types:[^\n]*" "\\1Types: deb-src" text "${text}")
    get_filename_component(name ${path} NAME)
    file(WRITE ${directory}/${name} "${text}")
  endforeach()

  file(GLOB one_line /etc/apt/sources.list /etc/apt/sources.list.d/*.list)
  foreach(path IN LISTS one_line)
    file(READ ${path} text)
    string(REGEX REPLACE "(^|\n)deb[ \t]" "\\1deb-src " text "${text}")
    get_filename_component(name ${path} NAME_WE)
    file(WRITE ${directory}/${name}.list "${text}")
  endforeach()
endfunction()

function(_tomcrypt_from_apt directory)
  find_program(SIPREG_APT_GET apt-get NO_CMAKE_FIND_ROOT_PATH)
  mark_as_advanced(SIPREG_APT_GET)
  if(NOT SIPREG_APT_GET)
    return()
  endif()
  message(STATUS "libtomcrypt: fetching the Debian source package")
  file(MAKE_DIRECTORY ${directory}/sources ${directory}/lists/partial ${directory}/archives/partial)
  _tomcrypt_write_apt_sources(${directory}/sources)
  set(apt ${SIPREG_APT_GET} -q
    -o Dir::Etc::SourceList=/dev/null
    -o Dir::Etc::SourceParts=${directory}/sources
    -o Dir::State::Lists=${directory}/lists
    -o Dir::Cache=${directory}
    -o APT::Sandbox::User=  # the directory may be out of the _apt user's reach
  )
  # A third-party source without source packages makes this fail, and does not matter.
  execute_process(COMMAND ${apt} update OUTPUT_QUIET ERROR_QUIET)
  execute_process(
    COMMAND ${apt} source --download-only libtomcrypt
    WORKING_DIRECTORY ${directory}
    OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(STATUS "libtomcrypt: apt cannot give it:\n${output}")
  endif()
endfunction()

function(_tomcrypt_from_upstream path)
  message(STATUS "libtomcrypt: fetching ${TOMCRYPT_URL}")
  file(DOWNLOAD ${TOMCRYPT_URL} ${path} STATUS status INACTIVITY_TIMEOUT 30)
  list(GET status 0 code)
  if(NOT code EQUAL 0)
    list(GET status 1 reason)
    message(STATUS "libtomcrypt: ${reason}")
    file(REMOVE ${path})
  endif()
endfunction()

# Leaves the verified tarball at `tarball`, or stops with what to do.
function(_tomcrypt_fetch tarball)
  set(work ${tarball}.tmp)
  file(REMOVE_RECURSE ${work})
  file(MAKE_DIRECTORY ${work})
  _tomcrypt_from_apt(${work})
  file(GLOB found ${work}/libtomcrypt_${TOMCRYPT_VERSION}.orig.tar.*)
  if(NOT found)
    set(found ${work}/upstream.tar.xz)
    _tomcrypt_from_upstream(${found})
  endif()
  if(NOT EXISTS "${found}")
    message(FATAL_ERROR
      "libtomcrypt ${TOMCRYPT_VERSION} could not be fetched, neither with apt nor from ${TOMCRYPT_URL}.\n"
      "Get that file in some other way and pass -DSIPREG_TOMCRYPT_SOURCE=<path to it>.")
  endif()
  file(SHA256 ${found} actual)
  if(NOT actual STREQUAL TOMCRYPT_SHA256)
    message(FATAL_ERROR
      "libtomcrypt: ${found} has SHA-256 ${actual}, expected ${TOMCRYPT_SHA256}. Nothing was unpacked.")
  endif()
  file(RENAME ${found} ${tarball})
  file(REMOVE_RECURSE ${work})
endfunction()

# Unpacks `tarball` so that `directory` is either complete or absent.
function(_tomcrypt_unpack tarball directory)
  file(REMOVE_RECURSE ${directory} ${directory}.tmp)
  file(ARCHIVE_EXTRACT INPUT ${tarball} DESTINATION ${directory}.tmp)
  file(GLOB root ${directory}.tmp/*)
  file(RENAME ${root} ${directory})
  file(REMOVE_RECURSE ${directory}.tmp)
endfunction()

# Sets `result` to the directory of the unpacked source.
function(sipreg_fetch_tomcrypt result)
  if(IS_DIRECTORY "${SIPREG_TOMCRYPT_SOURCE}")
    set(${result} ${SIPREG_TOMCRYPT_SOURCE} PARENT_SCOPE)
    return()
  endif()

  set(cache ${PROJECT_SOURCE_DIR}/.cache)
  set(directory ${cache}/libtomcrypt-${TOMCRYPT_VERSION})
  if(SIPREG_TOMCRYPT_SOURCE)
    set(directory ${PROJECT_BINARY_DIR}/libtomcrypt-${TOMCRYPT_VERSION})
    file(SHA256 ${SIPREG_TOMCRYPT_SOURCE} actual)
    if(NOT actual STREQUAL TOMCRYPT_SHA256)
      message(FATAL_ERROR
        "SIPREG_TOMCRYPT_SOURCE: ${SIPREG_TOMCRYPT_SOURCE} is not libtomcrypt ${TOMCRYPT_VERSION} "
        "(SHA-256 ${actual}, expected ${TOMCRYPT_SHA256}).")
    endif()
    _tomcrypt_unpack(${SIPREG_TOMCRYPT_SOURCE} ${directory})
  elseif(NOT EXISTS ${directory})
    file(MAKE_DIRECTORY ${cache})
    file(LOCK ${cache}/libtomcrypt.lock GUARD FUNCTION TIMEOUT 600)
    if(NOT EXISTS ${directory})  # another configuration may have been quicker
      set(tarball ${cache}/libtomcrypt-${TOMCRYPT_VERSION}.tar.xz)
      if(NOT EXISTS ${tarball})
        _tomcrypt_fetch(${tarball})
      endif()
      _tomcrypt_unpack(${tarball} ${directory})
    endif()
  endif()
  set(${result} ${directory} PARENT_SCOPE)
endfunction()
