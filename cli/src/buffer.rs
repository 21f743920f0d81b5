//! Memory of blocks and of what becomes of them, used again.
//!
//! A block and its events take megabytes. Fresh memory of that size comes from the system and goes
//! back to it, page by page; a sixth of a run's time went there.

use std::{
    fmt, mem,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
};

/// Buffers that wait to be used again at most: a few for each of the threads that a machine has.
const KEPT_BUFFERS: usize = 32;
/// Bytes of a buffer that is kept; what one huge line made is given back.
const KEPT_BYTES: usize = 8 * 1024 * 1024;

/// Bytes whose memory is used again when they are dropped.
pub struct Buffer {
    bytes: Vec<u8>,
    pool: Option<Arc<Pool>>,
}

/// Buffers that nobody uses.
#[derive(Default)]
pub struct Pool {
    spare: Mutex<Vec<Vec<u8>>>,
}

impl Pool {
    /// Gives an empty buffer: the last one that came back, whose memory the CPU still has at hand.
    pub fn take(self: &Arc<Self>) -> Buffer {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Buffer { bytes: spare.unwrap_or_default(), pool: Some(Arc::clone(self)) }
    }

    fn give_back(&self, mut bytes: Vec<u8>) {
        if bytes.capacity() == 0 || bytes.capacity() > KEPT_BYTES {
            return;
        }
        bytes.clear();
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < KEPT_BUFFERS {
            spare.push(bytes);
        }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(pool) = &self.pool {
            pool.give_back(mem::take(&mut self.bytes));
        }
    }
}

/// Bytes whose memory nobody waits for.
impl From<Vec<u8>> for Buffer {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, pool: None }
    }
}

impl Default for Buffer {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

impl Deref for Buffer {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.bytes
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }
}

impl PartialEq for Buffer {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Buffer {}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes.fmt(f)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again_and_what_stood_in_it_is_gone() {
        let pool = Arc::new(Pool::default());
        let mut first = pool.take();
        first.extend_from_slice(&[7; 5000]);
        let place = first.as_ptr();
        drop(first);
        let second = pool.take();
        assert!(second.is_empty());
        assert_eq!(second.as_ptr(), place);
    }

    #[test]
    fn huge_buffers_are_not_kept_and_no_more_than_a_few() {
        let pool = Arc::new(Pool::default());
        let mut huge = pool.take();
        huge.reserve(KEPT_BYTES + 1);
        drop(huge);
        assert_eq!(pool.take().capacity(), 0);
        let mut taken: Vec<_> = (0..2 * KEPT_BUFFERS).map(|_| pool.take()).collect();
        for buffer in &mut taken {
            buffer.push(1);
        }
        drop(taken);
        assert_eq!(pool.spare.lock().map_or(0, |spare| spare.len()), KEPT_BUFFERS);
    }
}
