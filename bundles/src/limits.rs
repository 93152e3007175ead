//! What an archive may ask for.

use referee_core::Limits;

const MIB: u64 = 1024 * 1024;

/// The limits within which a bundle is read. What is over one is refused, never cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BundleLimits {
    /// The most bytes of an archive as it comes, compressed.
    pub max_packed_bytes: u64,
    /// The most bytes that it may unpack to, all files together: what stops a bomb, of which a
    /// megabyte can hold a gigabyte.
    pub max_unpacked_bytes: u64,
    /// The most bytes of one file. OPA's `size_limit_bytes`, which is 1 GiB there.
    pub max_file_bytes: u64,
    /// The most bytes of one module. The largest that people write by hand have some 200 KiB;
    /// what is generated belongs into data.
    pub max_module_bytes: u64,
    /// The most entries of an archive, folders too.
    pub max_files: u32,
    /// The most bytes of a path inside. POSIX file systems have 4096 for a whole path.
    pub max_path_bytes: usize,
    /// The most folders of a path inside, one in another.
    pub max_path_depth: usize,
}

impl BundleLimits {
    /// The defaults. OPA bundles of 500 MB of data are known from its issues (#3860); they are
    /// asked for by name, by raising these.
    pub const DEFAULT: Self = Self {
        max_packed_bytes: 128 * MIB,
        max_unpacked_bytes: 512 * MIB,
        max_file_bytes: 512 * MIB,
        max_module_bytes: Limits::DEFAULT.max_policy_file_bytes,
        max_files: 100_000,
        max_path_bytes: 1024,
        max_path_depth: 64,
    };

    /// The limits that a configuration sets for policies: all that is in a bundle may be as long
    /// as one document of data, and a bundle may have as many files as a folder.
    #[must_use]
    pub fn of_policies(limits: &Limits) -> Self {
        Self {
            max_packed_bytes: limits.max_policy_data_bytes,
            max_unpacked_bytes: limits.max_policy_data_bytes,
            max_file_bytes: limits.max_policy_data_bytes,
            max_module_bytes: limits.max_policy_file_bytes,
            max_files: limits.max_policy_files,
            ..Self::DEFAULT
        }
    }

    /// The same with other sizes, in bytes: of all files together, and of one.
    #[must_use]
    pub fn with_sizes(self, unpacked: u64, file: u64) -> Self {
        Self { max_unpacked_bytes: unpacked, max_file_bytes: file, ..self }
    }

    /// The same with another number of entries, and another size of the archive in bytes.
    #[must_use]
    pub fn with_entries(self, files: u32, packed: u64) -> Self {
        Self { max_files: files, max_packed_bytes: packed, ..self }
    }

    /// The same with other limits for paths: their bytes, and their folders.
    #[must_use]
    pub fn with_path(self, bytes: usize, depth: usize) -> Self {
        Self { max_path_bytes: bytes, max_path_depth: depth, ..self }
    }

    /// The same with another size for one file, as OPA's `size_limit_bytes` sets it; a module and
    /// all files together may have as much.
    #[must_use]
    pub fn with_file_bytes(self, most: u64) -> Self {
        Self {
            max_file_bytes: most,
            max_module_bytes: most.max(self.max_module_bytes),
            max_unpacked_bytes: most.max(self.max_unpacked_bytes),
            max_packed_bytes: most.max(self.max_packed_bytes),
            ..self
        }
    }
}

impl Default for BundleLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
