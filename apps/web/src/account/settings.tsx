import { useMe } from '../session/use-me.ts'
import { PageHeader } from '../ui/page-header.tsx'
import { DeleteAccount } from './delete-account.tsx'
import { EmailForm } from './email-form.tsx'
import { ExportData } from './export-data.tsx'
import { PasswordForm } from './password-form.tsx'
import { ProfileForm } from './profile-form.tsx'

export function Settings() {
  const me = useMe()
  return (
    <>
      <PageHeader title="Profile" description="How others see you, and how you sign in." />
      {me && (
        <div className="flex flex-col gap-4">
          <ProfileForm me={me} />
          <EmailForm me={me} />
          <PasswordForm me={me} />
          <ExportData me={me} />
          <DeleteAccount me={me} />
        </div>
      )}
    </>
  )
}
