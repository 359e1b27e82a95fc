import { ActionIcon } from '@mantine/core';
import type { ReactNode } from 'react';
import { text } from '../text';
import { IconX } from './icons';

/** Something that wants to be read before going on. */
export function Notice({ tone, title, role = 'status', onClose, children }: { tone: 'amber' | 'red' | 'green' | 'plain'; title?: string; role?: 'status' | 'alert'; onClose?: () => void; children?: ReactNode }) {
  return (
    <div className="notice" data-tone={tone} role={role}>
      {onClose && <ActionIcon className="notice-close" variant="subtle" color="gray" size="sm" aria-label={text.dismiss} onClick={onClose}><IconX size={14} /></ActionIcon>}
      {title && <p className="notice-title">{title}</p>}
      {children}
    </div>
  );
}
